// Drawings of what stands in a kitchen: tea, coffee, spices and ceramics. Each takes {c: main colour, d: second colour, …}.
import { block, body, box, dark, dim, disc, light, line, mix, move, oval, path, rect, repeat, shadow, specks, sprig, steam, turn } from "./pen.mjs";

const leafMark = (x, y, c, s = 1) => move(x, y, path("M0 46C-44 30 -40 -24 0 -50C40 -24 44 30 0 46Z", c) + line("M0 60V-22M0 20L18 2M0 8L-18 -10", light(c, 0.6), 5), s);

export function marks(kind, x, y, c, s = 1) {
    const flower = (n, r, w, far) => repeat(n, (i) => `<ellipse cx="0" cy="${-far}" rx="${w}" ry="${r}" fill="${i % 2 ? c : light(c, 0.2)}" transform="rotate(${(360 / n) * i})"/>`);
    const draw = {
        leaf: () => leafMark(0, 0, c),
        rose: () => flower(6, 26, 20, 28) + disc(0, 0, 24, dark(c, 0.12)) + line("M-10 4a11 11 0 1 1 12 8", light(c, 0.5), 4),
        flower: () => flower(8, 24, 11, 32) + disc(0, 0, 15, "#e5b04a"),
        sun: () => disc(0, 0, 28, c) + repeat(10, (i) => `<path d="M0 -38V-54" stroke="${c}" stroke-width="7" stroke-linecap="round" transform="rotate(${i * 36})"/>`),
        moon: () => path("M18 -46A48 48 0 1 0 44 26A40 40 0 1 1 18 -46Z", c),
        pine: () => path("M0 -60L34 -12H16L42 28H10V52H-10V28H-42L-16 -12H-34Z", c),
        pepper: () => path("M-14 -34C34 -44 46 14 -22 58C-8 20 -36 0 -14 -34Z", c) + line("M-4 -36C0 -52 12 -58 22 -56", "#6f8a4e", 8),
        crocus: () => path("M0 46C-46 20 -40 -30 -24 -46L0 -18L24 -46C40 -30 46 20 0 46Z", c) + line("M0 34V-26M-4 30L-16 -10M4 30L16 -10", "#d9652b", 5),
        star: () => repeat(8, (i) => `<path d="M0 0C14 -16 10 -42 0 -54C-10 -42 -14 -16 0 0Z" fill="${i % 2 ? c : dark(c, 0.2)}" transform="rotate(${i * 45})"/>`) + disc(0, 0, 9, light(c, 0.4)),
        comb: () => repeat(5, (i) => path("M0 -26L23 -13V13L0 26L-23 13V-13Z", i % 2 ? c : light(c, 0.25), ` transform="translate(${[0, -26, 26, -26, 26][i] * 1.9 * (i ? 0.5 : 0)} ${[0, -42, -42, 42, 42][i]})"`)),
        apricot: () => disc(-6, 6, 38, c) + path("M-4 -32C-26 -6 -22 26 -4 44", "none", ` stroke="${dark(c, 0.2)}" stroke-width="5"`) + path("M0 -32q20 -30 44 -20q-8 24 -44 20Z", "#7c9455"),
        wave: () => line("M-46 -16q15 -18 30 0t30 0t30 0M-46 10q15 -18 30 0t30 0t30 0", c, 8),
        lavender: () => line("M0 56V-10", "#7f9163", 5) + repeat(5, (i) => oval(-9, -i * 13, 9, 7, c) + oval(9, -6 - i * 13, 9, 7, light(c, 0.15))),
        olive: () => oval(-14, 12, 17, 23, c) + oval(18, 20, 15, 21, dark(c, 0.15)) + path("M-2 -6q8 -40 48 -42q-4 36 -48 42Z", light(c, 0.3)),
        fig: () => path("M0 -46C12 -20 44 -4 40 24A40 34 0 0 1 -40 24C-44 -4 -12 -20 0 -46Z", c) + line("M-18 40C-22 10 -8 -10 -2 -30M18 40C22 10 8 -10 2 -30", light(c, 0.3), 4),
    };
    return move(x, y, draw[kind](), s);
}

export function tin(o) { // a tea tin
    const w = o.w ?? 250, h = o.h ?? 300, x = 400 - w / 2, y = 655 - h;
    return shadow(400, 652, w * 0.55) +
        block(x, y, w, h, 14, o.c, rect(x, y + h * 0.3, w, h * 0.52, 0, light(o.c, 0.82)) + rect(x, y + h * 0.3, w, 7, 0, o.d) + rect(x, y + h * 0.82 - 7, w, 7, 0, o.d)) +
        block(x - 8, y - 46, w + 16, 66, 12, o.d) + rect(x - 8, y + 8, w + 16, 8, 0, dark(o.d, 0.2), dim(0.5)) +
        marks(o.mark, 400, y + h * 0.56, o.m ?? o.c, 1.15) +
        (o.leaf ? sprig(205, 662, -38, o.leaf, 4, 0.8) + repeat(9, (i) => `<path d="M${560 + ((i * 47) % 130)} ${650 + ((i * 23) % 60)}q14 -12 30 -2q-14 12 -30 2Z" fill="${i % 2 ? dark(o.leaf, 0.35) : dark(o.leaf, 0.15)}"/>`) : "");
}
export function pouch(o) { // a bag of coffee or herbs with a folded top
    const w = o.w ?? 270, h = o.h ?? 380, x = 400 - w / 2, y = 660 - h;
    const beans = o.beans ? repeat(7, (i) => turn(i * 47, 570 + ((i * 41) % 110), 650 + ((i * 29) % 56), oval(570 + ((i * 41) % 110), 650 + ((i * 29) % 56), 19, 13, i % 2 ? "#5b3a26" : "#6d4730") + line(`M${556 + ((i * 41) % 110)} ${650 + ((i * 29) % 56)}q14 -7 28 0`, "#3b2517", 3))) : "";
    return shadow(400, 658, w * 0.56) +
        body(`M${x + 6} ${y + 50}H${x + w - 6}L${x + w + 6} ${y + h * 0.6}L${x + w} ${y + h}H${x}L${x - 6} ${y + h * 0.6}Z`, o.c, [x - 6, y, w + 12, h],
            rect(x - 10, y + h * 0.4, w + 20, h * 0.4, 0, o.d) + path(`M${x - 10} ${y + h}L${x + 40} ${y + h - 34}H${x + w - 40}L${x + w + 10} ${y + h}Z`, dark(o.c, 0.15))) +
        block(x + 4, y - 6, w - 8, 62, 6, dark(o.c, 0.12)) + rect(x - 6, y + 42, w + 12, 12, 6, o.tie ?? "#c9a15f") +
        marks(o.mark, 400, y + h * 0.6, o.m ?? o.c, 1.1) + beans + (o.leaf ? sprig(180, 668, -34, o.leaf, 5, 0.85) : "");
}
export function teapot(o) {
    const c = o.c, wood = o.d ?? "#9a6a42";
    return shadow(400, 648, 210) + line("M548 430C670 420 660 590 528 588", dark(c, 0.12), 30) +
        path("M262 520C200 500 196 420 142 400L168 376C240 396 250 440 290 460Z", dark(c, 0.08)) +
        body("M280 420C300 380 520 380 540 420C590 500 570 620 500 648H320C250 620 230 500 280 420Z", c, [240, 380, 340, 270],
            o.band ? path("M230 500Q410 540 590 500V560Q410 600 230 560Z", o.band) : specks(250, 400, 310, 240, 22, dark(c, 0.4))) +
        body("M300 408C310 356 510 356 520 408Q410 428 300 408Z", dark(c, 0.06), [300, 356, 220, 66]) + disc(410, 350, 22, wood) + disc(404, 344, 7, light(wood, 0.4), dim(0.6)) +
        (o.bail ? line("M292 410C270 220 550 220 528 410", wood, 16) : "") + steam(120, 370);
}
export function cezve(o) {
    const c = o.c;
    return shadow(380, 650, 170) + line("M490 470L690 372", "#7b5236", 26) + line("M500 460L690 366", light("#7b5236", 0.25), 7) + line("M470 480L520 456", dark(c, 0.2), 16) +
        body("M290 420H480C470 470 500 500 508 560C516 620 480 650 390 650C300 650 254 620 262 560C270 500 300 470 290 420Z", c, [260, 420, 250, 230],
            repeat(9, (i) => repeat(3, (j) => disc(275 + i * 27 + (j % 2) * 13, 540 + j * 26, 7, dark(c, 0.14), dim(0.6))))) +
        oval(385, 420, 97, 20, dark(c, 0.35)) + oval(385, 424, 82, 13, "#4a2c1a") + path("M288 420q-34 -6 -44 -26q30 -4 56 14Z", c) + steam(360, 390);
}
export function dripper(o) {
    return shadow(400, 655, 150) +
        body("M330 450H470L520 600Q530 652 480 654H320Q270 652 280 600Z", "#f4f7f4", [275, 450, 250, 204], path("M288 560H512L524 654H276Z", "#6b3f24", dim(0.85)) + path("M288 560H512V574H284Z", "#9b6a3f"), 0.06) +
        block(322, 424, 156, 44, 12, "#a8754a") + line("M330 446H470", "#5f3d24", 8) +
        body("M260 250H540L440 420H360Z", o.c, [260, 250, 280, 170], line("M320 250L378 420M400 250V420M480 250L422 420", dark(o.c, 0.15), 5)) +
        oval(400, 250, 140, 26, light(o.c, 0.35)) + oval(400, 254, 118, 18, "#6b4228") + steam(380, 216) + line("M400 424V520", "#6b3f24", 6);
}
export function tablet(o) { // a guide or planner to read on a screen
    return shadow(400, 664, 190) + turn(-5, 400, 430, block(240, 190, 320, 460, 30, "#3f3b39") + rect(262, 214, 276, 412, 12, o.c) + rect(262, 214, 276, 190, 12, o.d) +
        marks(o.mark, 400, 310, o.m, 1.2) + repeat(5, (i) => rect(292, 436 + i * 34, [216, 190, 204, 160, 110][i], 11, 5, dark(o.c, 0.22), dim(0.6))) + disc(400, 638, 6, "#8a8480")) +
        (o.cup ? move(545, 520, cupShape(o.cup), 0.5) : "") + (o.leaf ? sprig(170, 668, -26, o.leaf, 5, 0.8) : "");
}
export function jar(o) { // a glass of spice, honey or salt; `fill` is what is in it
    const w = o.w ?? 230, h = o.h ?? 280, x = 400 - w / 2, y = 655 - h, r = o.r ?? 34;
    const lid = o.lid ?? "#a8754a";
    return shadow(400, 652, w * 0.56) +
        body(box(x, y, w, h, r), "#fbfaf5", [x, y, w, h], path(`M${x} ${y + 46}Q${400} ${y + 30} ${x + w} ${y + 50}V${y + h}H${x}Z`, o.c) + specks(x + 14, y + 60, w - 28, h - 76, o.grains ?? 34, dark(o.c, 0.3), o.grain ?? 5), 0.1) +
        (o.cork ? body(`M${400 - w * 0.32} ${y - 44}H${400 + w * 0.32}L${400 + w * 0.29} ${y + 14}H${400 - w * 0.29}Z`, "#c99c68", [400 - w * 0.32, y - 44, w * 0.64, 58], specks(x + 50, y - 40, w - 100, 44, 10, "#8d6238", 4))
            : block(400 - w * 0.43, y - 54, w * 0.86, 62, 12, lid) + rect(400 - w * 0.43, y - 10, w * 0.86, 8, 0, dark(lid, 0.2), dim(0.6))) +
        rect(x + w * 0.13, y + h * 0.38, w * 0.74, h * 0.42, 10, "#fff8ea") + marks(o.mark, 400, y + h * 0.59, o.m ?? dark(o.c, 0.1), (w / 230) * 0.78) + (o.prop ?? "");
}
export const pile = (x, y, c, n = 8) => repeat(n, (i) => disc(x + ((i * 37) % 110), y - ((i * 17) % 26), 9 + (i % 3) * 3, i % 2 ? c : dark(c, 0.18)));
export function mortar(o) {
    return shadow(400, 655, 180) + turn(24, 470, 380, block(446, 190, 48, 260, 24, dark(o.c, 0.12))) +
        body("M230 430H570C566 540 520 590 470 610L486 655H314L330 610C280 590 234 540 230 430Z", o.c, [230, 430, 340, 225],
            line("M240 500Q330 470 420 500T580 490M250 560Q340 530 430 560T570 548", dark(o.c, 0.2), 6, dim(0.5))) + oval(400, 430, 170, 34, light(o.c, 0.25)) + oval(400, 434, 146, 24, dark(o.c, 0.35)) + pile(340, 436, "#b5793a", 6);
}
export const cupShape = (o) => line("M256 36C330 22 330 140 236 136", dark(o.c, 0.12), 24) +
    body("M10 0H270C268 110 236 176 190 184H90C44 176 12 110 10 0Z", o.c, [10, 0, 260, 184], (o.d ? path("M0 0H280V58Q210 84 140 60T0 66Z", o.d) : "") + specks(16, 60, 240, 110, 14, dark(o.c, 0.4))) +
    oval(140, 0, 130, 24, light(o.d ?? o.c, 0.3)) + oval(140, 4, 112, 16, o.drink ?? "#6b3f24");
export function cups(o) { // two small cups, one on its saucer
    return shadow(300, 655, 165) + oval(300, 640, 165, 24, dark(o.c, 0.1)) + oval(300, 634, 165, 22, light(o.c, 0.15)) + move(188, 470, cupShape(o), 0.86) + shadow(590, 680, 110) + move(498, 540, cupShape(o), 0.72) + steam(280, 440);
}
export function mug(o) {
    const h = o.h ?? 270, y = 652 - h;
    return shadow(390, 650, 160) + line(`M510 ${y + 60}C630 ${y + 30} 630 ${y + 210} 504 ${y + 196}`, dark(o.c, 0.12), 32) +
        body(box(260, y, 260, h, 30), o.c, [260, y, 260, h], (o.d ? path(`M250 ${y + h * 0.62}Q330 ${y + h * 0.55} 400 ${y + h * 0.62}T540 ${y + h * 0.6}V670H250Z`, o.d) : "") + specks(270, y + 30, 240, h - 60, 24, dark(o.c, 0.4))) +
        oval(390, y + 4, 130, 22, light(o.c, 0.35)) + oval(390, y + 8, 112, 14, o.drink ?? "#7d4a2b") + steam(365, y - 24);
}
export function bowl(o) {
    return shadow(400, 655, 170) + body("M190 440H610C600 560 540 630 470 640V656H330V640C260 630 200 560 190 440Z", o.c, [190, 440, 420, 216],
        (o.d ? path("M180 430H620V500Q560 530 500 500T380 506T260 500T180 508Z", o.d) : "") + specks(210, 470, 380, 150, 24, dark(o.c, 0.4))) +
        oval(400, 440, 210, 46, light(o.c, 0.3)) + oval(400, 446, 184, 34, o.food ?? dark(o.c, 0.25)) + (o.food ? oval(380, 444, 90, 14, light(o.food, 0.3), dim(0.7)) + leafMark(440, 440, "#7c9455", 0.35) + leafMark(350, 446, "#8ea566", 0.28) : "") + (o.food ? steam(380, 390) : "");
}
export function plates(o) { // seen from above, stacked with a smaller one
    const flat = (x, y, r) => disc(x + 14, y + 18, r, "#2b1d14", dim(0.13)) + disc(x, y, r, o.c) + disc(x, y, r * 0.94, light(o.c, 0.18)) + disc(x, y, r * 0.7, dark(o.c, 0.05)) + disc(x, y, r * 0.67, light(o.c, 0.28));
    const rim = repeat(28, (i) => `<path d="M400 ${170}l9 18h-18Z" fill="${o.d}" transform="rotate(${(i * 360) / 28} 400 400)"/>`);
    return flat(400, 400, 260) + rim + flat(430, 430, 150) + specks(330, 330, 200, 200, 16, dark(o.c, 0.4)) + turn(35, 440, 420, leafMark(440, 420, "#8a9a63", 1.1));
}
export function platter(o) {
    return oval(412, 430, 320, 190, "#2b1d14", dim(0.14)) + oval(400, 410, 320, 190, o.c) + oval(400, 410, 298, 172, light(o.c, 0.3)) + oval(400, 410, 236, 128, o.c, dim(0.5)) +
        path("M220 410C280 320 440 320 520 400L590 350C582 390 582 430 590 470L520 420C440 500 280 500 220 410Z", o.d) + disc(272, 396, 10, light(o.c, 0.6)) + disc(272, 396, 5, dark(o.d, 0.4)) + line("M320 356Q350 410 320 464", light(o.d, 0.4), 6) +
        repeat(9, (i) => line(`M${356 + (i % 5) * 30} ${382 + Math.floor(i / 5) * 44 + (i % 2) * 8}q12 12 0 26`, light(o.d, 0.35), 5));
}
export function vase(o) {
    const shapes = {
        bud: ["M350 330H450C444 400 440 420 480 480C530 560 500 655 400 655C300 655 270 560 320 480C360 420 356 400 350 330Z", [285, 330, 230, 325], 330, 50],
        tall: ["M350 240H450C440 300 450 320 520 380C590 460 530 600 470 655H330C270 600 210 460 280 380C350 320 360 300 350 240Z", [240, 240, 320, 415], 240, 50],
        round: ["M340 380H460C460 400 470 404 500 420C590 480 560 655 400 655C240 655 210 480 300 420C330 404 340 400 340 380Z", [235, 380, 330, 275], 380, 60],
    };
    const [d, b, top, rx] = shapes[o.shape];
    const stems = o.stem === "dry" ? repeat(3, (i) => turn([-14, 4, 20][i], 400, top + 40, line(`M400 ${top + 30}V${top - 150}`, "#a88754", 5) + repeat(8, (j) => oval(400 + (j % 2 ? 8 : -8), top - 70 - j * 13, 8, 13, j % 2 ? "#d8b878" : "#c9a25e"))))
        : o.stem === "rose" ? line(`M396 ${top + 20}C390 ${top - 60} 410 ${top - 90} 402 ${top - 140}`, "#6f8a4e", 7) + marks("rose", 402, top - 150, o.bloom ?? "#d08a84", 1.2) + path(`M400 ${top - 40}q40 -10 56 -46q-46 -4 -56 46Z`, "#7c9455")
            : sprig(396, top + 30, -16, "#7c9455", 8) + sprig(408, top + 30, 14, "#8ea566", 7);
    const handles = o.handles ? line("M352 270C250 270 240 360 282 392M448 270C550 270 560 360 518 392", dark(o.c, 0.1), 20) : "";
    return stems + shadow(400, 652, b[2] * 0.48) + handles + body(d, o.c, b, (o.d ? path(`M200 ${top + b[3] * 0.55}Q300 ${top + b[3] * 0.48} 400 ${top + b[3] * 0.55}T600 ${top + b[3] * 0.55}V670H200Z`, o.d) : "") + specks(b[0] + 20, b[1] + 80, b[2] - 40, b[3] - 90, 22, dark(o.c, 0.4))) + oval(400, top, rx, 11, dark(o.c, 0.3));
}
export function jug(o) {
    return shadow(390, 655, 140) + line("M490 380C600 370 600 540 490 560", dark(o.c, 0.12), 26) +
        body("M286 330L250 312C270 300 300 306 320 306H480C484 400 520 460 516 540C512 620 470 655 390 655C310 655 268 620 264 540C260 470 300 400 286 330Z", o.c, [262, 306, 256, 350], (o.d ? rect(240, 500, 300, 20, 0, o.d) + rect(240, 536, 300, 8, 0, o.d) : "") + specks(280, 340, 220, 290, 20, dark(o.c, 0.4))) + oval(398, 310, 84, 13, light("#ffffff", 0.1)) + oval(396, 312, 70, 8, "#f3ead9");
}
export function butter(o) {
    return shadow(400, 645, 240) + block(180, 600, 440, 44, 20, dark(o.c, 0.08)) + body("M230 604V510Q230 460 290 460H510Q570 460 570 510V604Z", o.c, [230, 460, 340, 144], (o.d ? repeat(9, (i) => oval(250 + i * 40, 560, 10, 22, o.d) ) : "") + specks(240, 470, 320, 70, 18, dark(o.c, 0.4))) +
        block(372, 426, 56, 42, 18, o.knob ?? "#a8754a") + line("M214 604H586", dark(o.c, 0.25), 5, dim(0.5));
}
export { mix, dim };
