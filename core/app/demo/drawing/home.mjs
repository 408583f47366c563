// Drawings of what stands and lies in the rooms of a house: textiles, lamps, and things for the bath.
import { block, body, box, dark, dim, disc, light, line, move, oval, path, rect, repeat, shadow, specks, sprig, turn } from "./pen.mjs";
import { marks } from "./kitchen.mjs";

export function blanket(o) { // folded, with fringes
    const fold = (y, c, h) => block(190, y, 420, h, h / 2, c, o.plain ? "" : repeat(5, (i) => rect(240 + i * 78, y, 22, h, 0, o.d, dim(0.85)) + rect(270 + i * 78, y, 6, h, 0, o.d, dim(0.7))));
    return shadow(400, 660, 225) + fold(560, dark(o.c, 0.08), 100) + fold(478, o.c, 96) + fold(400, light(o.c, 0.1), 92) +
        body("M250 408H480V600Q480 616 464 616H266Q250 616 250 600Z", light(o.c, 0.06), [250, 408, 230, 208], rect(250, 540, 230, 16, 0, o.d) + rect(250, 566, 230, 8, 0, o.d) + rect(250, 500, 230, 8, 0, o.d, dim(0.6)), 0.08) +
        repeat(14, (i) => line(`M${258 + i * 16.5} 616q${i % 2 ? 4 : -4} 16 0 34`, o.d, 6));
}
export function cushion(o) {
    const shape = "M190 330Q290 356 400 346Q510 356 610 330Q596 440 604 490Q600 590 616 650Q510 632 400 638Q290 632 184 650Q200 590 196 490Q204 440 190 330Z";
    const inside = o.pattern === "stripe" ? repeat(8, (i) => rect(180, 352 + i * 38, 440, i % 3 ? 9 : 18, 0, i % 2 ? o.d : o.e))
        : repeat(3, (i) => repeat(3, (j) => move(270 + i * 130, 400 + j * 92, path("M0 -42L60 0L0 42L-60 0Z", (i + j) % 2 ? o.d : o.e) + path("M0 -22L32 0L0 22L-32 0Z", o.c) + disc(0, 0, 7, o.d))));
    return shadow(400, 654, 225) + body(shape, o.c, [184, 330, 432, 320], inside) + [[190, 332], [610, 332], [186, 650], [614, 650]].map(([x, y]) => disc(x, y, 13, o.e)).join("");
}
export function linen(o) { // napkins, runners and cloths: folded flat, one above the other
    const n = o.count ?? 4;
    return shadow(400, 660, 220) + repeat(n, (i) => block(200 + (i % 2) * 10, 620 - i * 40, 400, 42, 18, i % 2 ? light(o.c, 0.14) : o.c, rect(195, 646 - i * 40, 420, 5, 0, o.d, dim(0.8)))) +
        turn(-4, 400, 560 - n * 34, body(`M230 ${640 - n * 40}L300 ${470 - n * 40}H590L540 ${640 - n * 40}Z`, light(o.c, 0.2), [230, 470 - n * 40, 360, 170], path(`M248 ${622 - n * 40}L310 ${482 - n * 40}`, "none", ` stroke="${o.d}" stroke-width="8"`) + path(`M240 ${622 - n * 40}H560`, "none", ` stroke="${o.d}" stroke-width="8"`), 0.07)) +
        (o.leaf ? sprig(420, 590 - n * 40, 62, o.leaf, 5, 0.9) : "");
}
export function quilt(o) { // hangs over a rail, with running stitches
    const hues = [o.c, o.d, o.e, light(o.c, 0.5), light(o.d, 0.45)];
    return rect(130, 196, 540, 22, 11, "#a8754a") + rect(130, 196, 540, 7, 3, "#c79468") + shadow(400, 690, 200) +
        body("M200 200H600V668Q500 684 400 670T200 676Z", o.c, [200, 200, 400, 480], repeat(24, (i) => rect(200 + (i % 4) * 100, 212 + Math.floor(i / 4) * 78, 100, 78, 0, hues[((i % 4) * 2 + Math.floor(i / 4) * 3 + (i % 3 ? 0 : 1)) % 5])) + `<path d="${repeat(22, (i) => `M204 ${226 + i * 20}H598`)}" stroke="#fff8ea" stroke-width="3" stroke-dasharray="9 9" opacity=".75"/>`) +
        rect(200, 196, 400, 20, 0, dark(o.c, 0.2), dim(0.25));
}
export function apron(o) {
    return disc(400, 120, 15, "#a8754a") + line("M330 250C330 170 380 130 400 124C420 130 470 170 470 250", dark(o.c, 0.15), 14) + line("M250 420C180 440 170 520 150 570M550 420C620 440 630 520 650 570", dark(o.c, 0.12), 13) +
        body("M318 240H482C486 330 510 390 560 410L580 690H220L240 410C290 390 314 330 318 240Z", o.c, [220, 240, 360, 450], specks(230, 260, 340, 420, 30, dark(o.c, 0.35), 2.4)) +
        body("M290 480H510V590Q510 604 496 604H304Q290 604 290 590Z", light(o.c, 0.1), [290, 480, 220, 124], rect(290, 480, 220, 9, 0, o.d), 0.07) + line("M400 490V600", o.d, 3, ' stroke-dasharray="8 7"') + rect(318, 240, 164, 9, 0, o.d) + (o.leaf ? sprig(340, 488, -8, o.leaf, 4, 0.8) : "");
}
export function towels(o) { // hang from a peg
    const cloth = (x, y, c, w, h) => body(`M${x} ${y}H${x + w}V${y + h}Q${x + w / 2} ${y + h + 14} ${x} ${y + h}Z`, c, [x, y, w, h + 12],
        o.waffle ? `<path d="${repeat(Math.floor(w / 24), (i) => `M${x + 12 + i * 24} ${y}V${y + h + 12}`) + repeat(Math.floor(h / 24), (i) => `M${x} ${y + 12 + i * 24}H${x + w}`)}" stroke="${dark(c, 0.16)}" stroke-width="4" opacity=".6"/>`
            : rect(x, y + h - 110, w, 14, 0, o.d) + rect(x, y + h - 86, w, 30, 0, o.d) + rect(x, y + h - 46, w, 14, 0, o.d) + rect(x + w * 0.2, y, 8, h, 0, o.d, dim(0.5)));
    return rect(140, 180, 520, 20, 10, "#a8754a") + rect(140, 180, 520, 7, 3, "#c79468") + [200, 600].map((x) => disc(x, 190, 17, "#8a5d38")).join("") +
        cloth(236, 188, o.c, 210, 430) + cloth(400, 188, o.second ?? light(o.c, 0.35), 170, 330) + rect(236, 184, 210, 16, 0, dark(o.c, 0.15)) + rect(400, 184, 170, 16, 0, dark(o.second ?? o.c, 0.1));
}
export function slippers(o) { // seen from above
    const one = (x, y, a) => turn(a, x, y, oval(x + 12, y + 16, 98, 206, "#2b1d14", dim(0.14)) + path(`M${x} ${y - 200}C${x + 92} ${y - 200} ${x + 100} ${y - 80} ${x + 74} ${y + 10}C${x + 60} ${y + 70} ${x + 84} ${y + 110} ${x + 66} ${y + 160}C${x + 50} ${y + 206} ${x - 50} ${y + 206} ${x - 66} ${y + 160}C${x - 84} ${y + 110} ${x - 64} ${y + 70} ${x - 76} ${y + 10}C${x - 102} ${y - 80} ${x - 92} ${y - 200} ${x} ${y - 200}Z`, dark(o.c, 0.15)) +
        path(`M${x - 50} ${y + 20}C${x - 40} ${y + 90} ${x - 60} ${y + 110} ${x - 44} ${y + 156}C${x - 34} ${y + 180} ${x + 34} ${y + 180} ${x + 44} ${y + 156}C${x + 60} ${y + 110} ${x + 40} ${y + 90} ${x + 50} ${y + 20}Z`, o.d) +
        body(`M${x} ${y - 200}C${x + 92} ${y - 200} ${x + 100} ${y - 80} ${x + 76} ${y + 30}Q${x} ${y - 34} ${x - 78} ${y + 30}C${x - 102} ${y - 80} ${x - 92} ${y - 200} ${x} ${y - 200}Z`, o.c, [x - 90, y - 200, 180, 230], marks("flower", x, y - 100, o.e, 0.8)) + line(`M${x + 74} ${y + 28}Q${x} ${y - 34} ${x - 76} ${y + 28}`, o.e, 7));
    return one(290, 400, -7) + one(510, 410, 8);
}
const glow = (x, y, r) => disc(x, y, r, "#ffe2a0", dim(0.13)) + disc(x, y, r * 0.72, "#ffe2a0", dim(0.16)) + disc(x, y, r * 0.46, "#ffeebf", dim(0.22));
export function lantern(o) { // a paper lamp that hangs
    const ry = o.ry ?? 160, rx = o.rx ?? 200, y = 420;
    return glow(400, y, 330) + line(`M400 0V${y - ry}`, "#2c3440", 6) + rect(376, y - ry - 26, 48, 30, 6, "#a8754a") +
        body(`M400 ${y - ry}C${400 + rx * 1.25} ${y - ry} ${400 + rx * 1.25} ${y + ry} 400 ${y + ry}C${400 - rx * 1.25} ${y + ry} ${400 - rx * 1.25} ${y - ry} 400 ${y - ry}Z`, o.c, [400 - rx, y - ry, 2 * rx, 2 * ry], disc(400, y + 20, ry * 0.62, "#fff4cf", dim(0.55)) + repeat(8, (i) => line(`M180 ${y - ry + 22 + i * ((2 * ry - 30) / 8)}Q400 ${y - ry + 44 + i * ((2 * ry - 30) / 8)} 620 ${y - ry + 22 + i * ((2 * ry - 30) / 8)}`, dark(o.c, 0.22), 3, dim(0.6))), 0.08) + oval(400, y + ry - 4, 42, 9, "#fff4cf");
}
export function lamp(o) { // for a table
    return glow(400, 300, 320) + path("M270 420L170 600H630L530 420Z", "#ffe9b0", dim(0.16)) + shadow(400, 655, 130) + block(388, 400, 24, 60, 4, "#c9a15f") +
        body("M368 440H432C440 480 520 510 520 570C520 630 480 655 400 655C320 655 280 630 280 570C280 510 360 480 368 440Z", o.c, [280, 440, 240, 215], (o.d ? path("M270 560Q340 545 400 560T530 556V600Q460 612 400 600T270 606Z", o.d) : "") + specks(300, 500, 200, 140, 20, dark(o.c, 0.4))) +
        body("M310 180H490L560 420H240Z", o.shade ?? "#f6e3bd", [240, 180, 320, 240], oval(400, 350, 110, 90, "#fff6d6", dim(0.8)), 0.07) + line("M241 419H559M310 181H490", "#d9b878", 6);
}
export function reader(o) { // a reading lamp of brass
    const c = o.c;
    return path("M500 330L330 600H650L606 300Z", "#ffe9b0", dim(0.22)) + shadow(330, 655, 120) + block(230, 628, 200, 26, 13, dark(c, 0.12)) + line("M330 630V300", c, 17) + line("M325 620V310", light(c, 0.4), 4) + line("M330 300L500 230", c, 15) + disc(330, 300, 20, dark(c, 0.18)) + disc(326, 296, 7, light(c, 0.5)) +
        turn(28, 540, 260, body("M470 300C470 190 610 190 610 300Z", c, [470, 218, 140, 82], "", 0.18) + rect(522, 196, 36, 30, 8, dark(c, 0.15)) + oval(540, 301, 70, 11, "#fff1c4")) + glow(555, 340, 120);
}
const flame = (x, y, s = 1) => move(x, y, disc(0, -30, 62, "#ffe2a0", dim(0.22)) + path("M0 -70C26 -36 24 -4 0 0C-24 -4 -26 -36 0 -70Z", "#f7b54a") + path("M0 -42C13 -22 12 -4 0 -2C-12 -4 -13 -22 0 -42Z", "#fff2c8"), s);
export function tapers(o) {
    return repeat(4, (i) => flame(250 + i * 100, 236 + (i % 2) * 40) + line(`M${250 + i * 100} ${252 + (i % 2) * 40}v-18`, "#3a2c22", 5) + body(`M${234 + i * 100} ${258 + (i % 2) * 40}Q${250 + i * 100} ${240 + (i % 2) * 40} ${266 + i * 100} ${258 + (i % 2) * 40}L${272 + i * 100} 640H${228 + i * 100}Z`, i % 2 ? light(o.c, 0.15) : o.c, [228 + i * 100, 240, 44, 400], line(`M${242 + i * 100} ${262 + (i % 2) * 40}v${40 + i * 14}`, light(o.c, 0.5), 8))) + shadow(400, 660, 220) + block(186, 626, 428, 34, 12, "#8a5d38");
}
export function candle(o) { // in a glass
    return glow(400, 400, 250) + shadow(400, 655, 140) + body(box(280, 390, 240, 262, 30), o.c, [280, 390, 240, 262], rect(280, 390, 240, 56, 0, light(o.c, 0.55)) + rect(312, 488, 176, 116, 10, "#fff6e4", dim(0.95)) + marks(o.mark, 400, 546, o.m, 0.72)) + oval(400, 392, 120, 20, light(o.c, 0.6)) + oval(400, 396, 104, 14, "#fff2d2") + line("M400 394v-22", "#3a2c22", 6) + flame(400, 378, 1.1) + (o.leaf ? sprig(210, 664, -34, o.leaf, 5, 0.8) : "");
}
export function mosaic(o) { // a lantern of coloured glass
    const hue = [o.c, o.d, o.e, light(o.c, 0.35), "#f2d289"];
    return glow(400, 420, 320) + line("M400 0V190", "#2c3440", 5) + body("M370 200H430L450 250H350Z", "#b98a45", [350, 200, 100, 50]) +
        body("M350 250H450C560 300 580 480 500 580H300C220 480 240 300 350 250Z", o.c, [235, 250, 330, 330], repeat(42, (i) => { const x = 230 + (i % 7) * 50, y = 246 + Math.floor(i / 7) * 58, s = Math.floor(i / 7) % 2 ? 24 : 0; return path(`M${x + s} ${y + 29}l25 -27l25 27l-25 27Z`, hue[(i * 3 + Math.floor(i / 7)) % 5]); }) + disc(400, 430, 90, "#fff3c9", dim(0.35))) + line("M350 250H450M300 580H500", "#b98a45", 13) + body("M320 586H480L440 640H360Z", "#b98a45", [320, 586, 160, 54]) + disc(400, 656, 13, "#d9ac62");
}
export function candlestick(o) {
    const one = (x, y, h) => shadow(x, y + 2, 84) + body(`M${x - 80} ${y}Q${x - 74} ${y - 34} ${x - 18} ${y - 44}L${x - 12} ${y - h + 40}Q${x - 46} ${y - h + 24} ${x - 46} ${y - h}H${x + 46}Q${x + 46} ${y - h + 24} ${x + 12} ${y - h + 40}L${x + 18} ${y - 44}Q${x + 74} ${y - 34} ${x + 80} ${y}Z`, o.c, [x - 80, y - h, 160, h], "", 0.2) + disc(x, y - h * 0.55, 25, o.c) + disc(x - 7, y - h * 0.55 - 7, 8, light(o.c, 0.6), dim(0.8)) + block(x - 17, y - h - 170, 34, 172, 8, "#f4e8cf") + line(`M${x} ${y - h - 170}v-14`, "#3a2c22", 5) + flame(x, y - h - 180);
    return one(310, 650, 250) + one(510, 670, 170);
}
export function tealights(o) {
    const one = (x, y, c, s) => move(x, y, shadow(0, 72, 96) + body("M-96 -30C-96 50 -60 74 0 74C60 74 96 50 96 -30Z", c, [-96, -30, 192, 104], repeat(7, (i) => disc(-78 + i * 26, 10 + (i % 2) * 20, 7, "#ffe2a0"))) + oval(0, -30, 96, 21, light(c, 0.3)) + oval(0, -27, 78, 14, "#ffe9b8") + flame(0, -22, 0.8), s);
    return glow(400, 460, 260) + one(290, 520, o.d, 1) + one(520, 540, o.e, 0.95) + one(400, 616, o.c, 1.1);
}
export function soap(o) {
    return shadow(400, 655, 200) + block(210, 560, 390, 94, 26, dark(o.c, 0.12), specks(220, 570, 370, 76, 18, dark(o.c, 0.45), 5)) +
        turn(-7, 400, 480, block(220, 430, 370, 126, 30, o.c, (o.swirl ? path("M210 500C280 450 330 540 400 490S540 460 600 510V570H210Z", o.swirl, dim(0.75)) : "") + specks(230, 440, 350, 106, 22, dark(o.c, 0.4), 5))) + turn(-7, 400, 480, marks(o.mark, 405, 492, dark(o.c, 0.16), 0.9)) +
        [[190, 380, 26], [236, 336, 15], [610, 370, 20], [574, 322, 11]].map(([x, y, r]) => disc(x, y, r, "#fff", dim(0.45)) + disc(x - r / 3, y - r / 3, r / 4, "#fff", dim(0.9))).join("") + (o.leaf ? sprig(640, 660, 24, o.leaf, 5, 0.8) : "");
}
export function brush(o) {
    return shadow(400, 650, 220) + turn(-24, 400, 480, repeat(o.few ?? 20, (i) => line(`M${196 + i * (220 / (o.few ?? 20))} 500l${i % 2 ? 6 : -5} 74`, i % 2 ? "#e6d2a8" : "#d3b987", 9)) + body("M180 440Q180 410 220 410H400Q430 410 460 440L700 446Q724 462 700 478L460 486Q430 510 400 510H220Q180 510 180 480Z", o.c, [180, 410, 540, 100], line("M200 440H420M210 480H400", dark(o.c, 0.2), 4, dim(0.5))) + disc(690, 462, 8, dark(o.c, 0.5)) + line("M690 462c40 -30 60 20 30 50", "#f3e6cc", 7));
}
export function balm(o) { // a flat tin, its lid beside it
    return shadow(350, 645, 160) + body("M200 530H500V610Q500 645 350 645T200 610Z", o.c, [200, 530, 300, 115]) + oval(350, 530, 150, 44, light(o.c, 0.3)) + oval(350, 534, 134, 35, o.d) + line("M280 532q40 -22 80 0t70 -4", light(o.d, 0.6), 8) + turn(-16, 530, 460, oval(548, 470, 128, 128, "#2b1d14", dim(0.14)) + disc(530, 460, 126, dark(o.c, 0.1)) + disc(526, 456, 114, o.c) + disc(526, 456, 92, "#fff6e4") + marks(o.mark, 526, 456, o.m, 1)) + (o.leaf ? sprig(180, 500, -18, o.leaf, 5, 0.9) : "");
}
export function bottle(o) {
    const w = o.w ?? 170, x = 400 - w / 2;
    return shadow(400, 655, w * 0.62) + body(`M${x + w * 0.3} 300H${x + w * 0.7}V360C${x + w * 0.72} 390 ${x + w} 390 ${x + w} 440V630Q${x + w} 655 ${x + w - 26} 655H${x + 26}Q${x} 655 ${x} 630V440C${x} 390 ${x + w * 0.28} 390 ${x + w * 0.3} 360Z`, o.c, [x, 300, w, 355], rect(x, 420, w, 240, 0, dark(o.c, 0.1), dim(0.5)) + rect(x + w * 0.1, 462, w * 0.8, 140, 10, "#fff6e4")) + marks(o.mark, 400, 532, o.m, 0.9) + block(x + w * 0.24, 236, w * 0.52, 72, 10, o.d) + (o.leaf ? sprig(230, 664, -30, o.leaf, 6, 0.85) : "") + (o.extra ?? "");
}
export function bathset(o) {
    return shadow(400, 660, 250) + block(170, 500, 460, 156, 16, "#b98a5c", line("M170 550H630M170 604H630", "#8d6238", 5, dim(0.6))) + move(150, 170, bottleShape(o.e), 0.6) + move(40, -36, `<g transform="translate(190 190) scale(.56)">${brush({ c: "#a8754a", few: 9 }).replace(/<ellipse[^>]*>/g, "")}</g>`) +
        block(400, 420, 170, 84, 22, o.c) + marks("rose", 484, 462, dark(o.c, 0.16), 0.55) + block(186, 500, 428, 30, 8, "#c99c68") + body("M170 520H630V560Q400 600 170 560Z", o.d, [170, 520, 460, 70], "", 0.1) + path("M384 500L400 640L416 500Z", dark(o.d, 0.1)) + disc(400, 560, 20, dark(o.d, 0.15));
}
const bottleShape = (c) => block(150, 330, 200, 260, 30, "#fbfaf5", rect(150, 400, 200, 200, 0, c)) + block(176, 286, 148, 56, 10, "#a8754a") + marks("lavender", 250, 480, "#7d6aa0", 0.9);
