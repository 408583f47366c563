// Drawings of what lies on a desk or goes on a journey: paper, pens and bags.
import { block, body, box, dark, dim, disc, light, line, move, oval, path, rect, repeat, shadow, specks, sprig, turn } from "./pen.mjs";
import { marks } from "./kitchen.mjs";

// Cream on what is dark, the second colour on what is pale.
const over = (ground, color) => (parseInt(ground.slice(3, 5), 16) < 165 ? "#f6e7c4" : color);
const book = (x, y, w, h, c, d, mark) => rect(x + 12, y + 14, w + 6, h + 4, 12, "#2b1d14", dim(0.15)) + rect(x + 8, y + 8, w, h, 8, "#f8f1e2") + repeat(3, (i) => rect(x + 8, y + h + 1 + i * 2.4, w, 1, 0, "#cdbfa4")) + block(x, y, w, h, 10, c, rect(x, y, w * 0.14, h, 0, dark(c, 0.16)) + specks(x + w * 0.2, y + 10, w * 0.7, h - 20, 16, dark(c, 0.4), 2.4), 0.07) +
    line(`M${x + w * 0.14} ${y + 14}V${y + h - 14}`, d, 3, ' stroke-dasharray="12 9"') + (mark ? marks(mark, x + w * 0.57, y + h * 0.42, d, 1.1) : "");
export function notebook(o) {
    return turn(-8, 400, 410, book(230, 160, 330, 460, o.c, o.d, o.mark) + rect(516, 156, 14, 470, 0, o.d, dim(0.9)) + path("M330 620V690L344 672L358 690V620Z", o.d)) + (o.leaf ? sprig(636, 690, 18, o.leaf, 5, 0.9) : "");
}
export function notebooks(o) {
    return turn(10, 400, 400, book(310, 150, 250, 350, o.c, "#fff1d6", "wave")) + turn(-4, 380, 420, book(240, 220, 250, 350, o.d, "#fff1d6", "sun")) + turn(-16, 360, 470, book(190, 290, 250, 350, o.e, "#fff1d6", "leaf"));
}
export function pen(o) {
    return rect(180, 200, 440, 470, 8, "#2b1d14", ' opacity=".1" transform="translate(12 16)"') + rect(180, 200, 440, 470, 8, "#fbf6ea") + repeat(8, (i) => rect(226, 268 + i * 44, 348, 3, 0, "#c9d3da")) + line("M236 296c20 -40 34 20 54 -8s30 10 60 -2s40 -26 60 2", "#3d4f7c", 6) +
        turn(-42, 400, 460, rect(194, 456, 420, 40, 20, "#2b1d14", dim(0.16)) + block(230, 430, 380, 42, 16, o.c) + rect(230, 438, 380, 7, 3, light(o.c, 0.55), dim(0.8)) + path("M232 434L168 451L232 468Z", dark(o.c, 0.2)) + path("M188 446L160 451L188 456Z", "#3a3330") + rect(380, 430, 12, 42, 0, dark(o.c, 0.3)) + rect(470, 420, 120, 13, 6, light(o.c, 0.2)) + (o.d ? rect(400, 430, 200, 42, 12, o.d, dim(0.9)) : ""));
}
export function ink(o) {
    return path("M140 690C120 650 190 630 230 650S330 690 290 712S160 730 140 690Z", o.c) + disc(330, 706, 12, o.c) + disc(112, 716, 9, o.c) + shadow(420, 655, 150) + body("M330 410H510V450L560 500V630Q560 655 535 655H305Q280 655 280 630V500L330 450Z", "#eaf1f3", [280, 410, 280, 245], path("M270 520Q420 505 570 520V660H270Z", o.c) + rect(326, 546, 188, 76, 8, "#fff6e4"), 0.1) + marks("wave", 424, 584, o.c, 0.7) + block(322, 346, 196, 72, 14, "#3f3b39") + turn(38, 600, 330, path("M590 110C650 180 640 300 602 400L596 400C560 300 550 180 590 110Z", light(o.c, 0.55)) + line("M598 150V470", "#7b5236", 5));
}
export function letters(o) {
    const envelope = (x, y, c, a) => turn(a, x + 170, y + 110, rect(x + 8, y + 12, 340, 226, 8, "#2b1d14", dim(0.14)) + rect(x, y, 340, 226, 8, c) + path(`M${x} ${y + 226}L${x + 130} ${y + 100}H${x + 210}L${x + 340} ${y + 226}Z`, dark(c, 0.06)) + path(`M${x} ${y}H${x + 340}L${x + 170} ${y + 136}Z`, light(c, 0.25)) + line(`M${x + 2} ${y + 2}L${x + 170} ${y + 136}L${x + 338} ${y + 2}`, dark(c, 0.15), 3));
    return turn(9, 430, 300, rect(300, 120, 300, 390, 6, "#2b1d14", ' opacity=".12" transform="translate(8 12)"') + rect(300, 120, 300, 390, 6, "#fdf8ec") + repeat(6, (i) => rect(340, 190 + i * 40, [220, 206, 214, 190, 210, 120][i], 4, 0, "#b9c6cf")) + marks("flower", 556, 160, o.d, 0.4)) + envelope(160, 400, o.d, -9) + envelope(230, 450, o.c, 4) + turn(4, 400, 560, disc(400, 590, 32, "#a8443a") + marks("leaf", 400, 592, "#c9695c", 0.4));
}
export function calendar(o) {
    return line("M400 110L280 200M400 110L520 200", "#8a5d38", 6) + disc(400, 110, 12, "#8a5d38") + rect(232, 212, 352, 470, 8, "#2b1d14", dim(0.13)) + rect(220, 196, 352, 470, 8, "#fdf8ec") + rect(210, 186, 372, 26, 10, "#a8754a") + rect(244, 232, 304, 190, 8, o.c) + marks(o.mark, 396, 326, o.d, 1.3) +
        repeat(35, (i) => rect(250 + (i % 7) * 43, 446 + Math.floor(i / 7) * 40, 30, 26, 6, i === 17 ? o.d : light(o.c, 0.55)));
}
export function seal(o) {
    return shadow(330, 640, 110) + shadow(560, 650, 80) + body("M300 330C280 270 380 270 360 330L350 470H384V560H276V470H310Z", "#8a5d38", [276, 285, 108, 275]) + block(266, 552, 128, 86, 12, "#c9a15f") + turn(12, 520, 500, block(470, 280, 54, 360, 10, o.c) + block(540, 300, 54, 330, 10, o.d)) +
        path("M420 690C400 650 440 620 480 630C520 610 570 640 556 680C566 720 520 740 486 728C450 744 410 726 420 690Z", o.c) + disc(488, 682, 44, dark(o.c, 0.14)) + marks("leaf", 488, 684, light(o.c, 0.25), 0.55);
}
export function wraps(o) {
    const roll = (x, y, c, d, a, k) => turn(a, x + 40, 430, rect(x + 10, y + 10, 84, 470, 30, "#2b1d14", dim(0.13)) + block(x, y, 84, 470, 12, c, repeat(9, (i) => k === "w" ? line(`M${x - 10} ${y + 20 + i * 54}q26 -34 52 0t52 0`, d, 9) + line(`M${x - 10} ${y + 44 + i * 54}q26 -34 52 0t52 0`, light(c, 0.5), 5) : k === "d" ? disc(x + 22 + (i % 2) * 40, y + 30 + i * 52, 13, d) : rect(x, y + 16 + i * 54, 84, 22, 0, d))) + oval(x + 42, y + 2, 42, 13, light(c, 0.4)) + oval(x + 42, y + 2, 24, 7, dark(c, 0.3)));
    return shadow(400, 668, 230) + roll(220, 190, o.c, o.d, -12, "w") + roll(360, 170, o.d, o.e, 0, "d") + roll(500, 200, o.e, o.c, 12, "s") + rect(250, 470, 300, 26, 13, "#f3e6cc") + path("M400 480q-60 -50 -70 4q30 30 70 -4q60 -50 70 4q-30 30 -70 -4Z", "#f8efdb") + disc(400, 484, 13, "#dccba8");
}
export function tote(o) {
    return line("M310 340C310 160 490 160 490 340", dark(o.c, 0.18), 22) + shadow(400, 660, 200) + body("M220 320H580L604 640Q604 660 584 660H216Q196 660 196 640Z", o.c, [196, 320, 408, 340], specks(210, 330, 380, 320, 34, dark(o.c, 0.35), 2.4)) + line("M292 340C292 180 300 130 400 130S508 180 508 340", light(o.c, 0.08), 22) + rect(278, 326, 28, 60, 4, light(o.c, 0.08)) + rect(494, 326, 28, 60, 4, light(o.c, 0.08)) + line("M224 342H578", dark(o.c, 0.2), 3, ' stroke-dasharray="9 8"') + marks(o.mark, 400, 510, over(o.c, o.d), 1.7) + (o.leaf ? sprig(330, 330, -16, o.leaf, 6, 0.9) : "");
}
export function duffel(o) {
    return line("M280 420C290 250 510 250 520 420", dark(o.d, 0.1), 22) + shadow(400, 655, 270) + body("M150 500C150 410 210 390 270 390H530C590 390 650 410 650 500V610Q650 655 600 655H200Q150 655 150 610Z", o.c, [150, 390, 500, 265], "") +
        rect(256, 388, 34, 268, 0, o.d) + rect(510, 388, 34, 268, 0, o.d) + line("M210 420H590", dark(o.c, 0.35), 5) + disc(400, 420, 9, "#d9b465") + rect(330, 500, 140, 92, 10, dark(o.c, 0.12)) + line("M336 508H464V586H336Z", light(o.c, 0.2), 3, ' stroke-dasharray="8 7"') + line("M272 430C290 270 510 270 528 430", o.d, 20) + [273, 527].map((x) => rect(x - 22, 470, 44, 30, 5, "#d9b465") + rect(x - 12, 478, 24, 14, 3, dark(o.d, 0.3))).join("");
}
export function backpack(o) {
    return shadow(400, 665, 190) + line("M340 210C340 150 460 150 460 210", dark(o.c, 0.2), 18) + path("M226 380C190 400 190 600 220 640H260V380ZM574 380C610 400 610 600 580 640H540V380Z", dark(o.c, 0.18)) + body("M240 300C240 220 300 200 330 200H470C500 200 560 220 560 300L574 620Q574 664 530 664H270Q226 664 226 620Z", o.c, [226, 200, 348, 464], "") + body("M250 240Q400 190 550 240L556 380Q400 420 244 380Z", dark(o.c, 0.1), [244, 205, 312, 200]) +
        block(276, 470, 248, 150, 22, light(o.c, 0.1), rect(276, 470, 248, 42, 0, dark(o.c, 0.06)), 0.07) + [330, 456].map((x) => rect(x, 330, 22, 160, 4, o.d) + rect(x - 5, 424, 32, 26, 4, "#d9b465")).join("") + rect(372, 534, 56, 36, 5, o.d);
}
export function wallet(o) {
    return shadow(400, 620, 200) + turn(-7, 400, 460, rect(254, 300, 300, 90, 12, "#f3e6cc") + rect(264, 286, 280, 90, 12, o.d) + rect(236, 326, 336, 260, 22, "#2b1d14", dim(0.12)) + block(226, 330, 348, 250, 22, o.c, specks(236, 340, 330, 230, 26, dark(o.c, 0.35), 3)) + path("M226 430Q400 500 574 430V558Q574 580 552 580H248Q226 580 226 558Z", light(o.c, 0.09)) + line("M238 444Q400 510 562 444V556Q562 568 550 568H250Q238 568 238 556Z", light(o.c, 0.45), 3, ' stroke-dasharray="9 8"') + disc(400, 478, 11, "#d9b465"));
}
export function washbag(o) {
    return shadow(400, 655, 220) + body("M200 440Q210 400 260 400H540Q590 400 600 440L620 620Q620 655 580 655H220Q180 655 180 620Z", o.c, [180, 400, 440, 255], specks(200, 450, 400, 190, 30, dark(o.c, 0.35), 2.6) + rect(170, 580, 460, 80, 0, o.d)) + rect(230, 394, 340, 24, 12, "#c9a15f") + repeat(24, (i) => rect(238 + i * 13.6, 396, 5, 20, 0, "#9c7838")) + block(560, 396, 20, 76, 6, o.d) + line("M600 470C670 470 670 560 606 560", o.d, 16) + rect(350, 500, 100, 52, 6, o.d) + marks("wave", 400, 528, light(o.d, 0.5), 0.5);
}
export function basket(o) {
    return line("M260 420C250 190 550 190 540 420", "#8a5d38", 26) + line("M264 410C258 206 542 206 536 410", "#a8754a", 8) + sprig(330, 430, -14, "#7c9455", 6) + disc(430, 400, 44, "#d9652b") + disc(500, 410, 40, "#e0a23c") + disc(418, 386, 11, "#fff", dim(0.3)) + shadow(400, 660, 210) +
        body("M180 410H620L580 630Q576 660 540 660H260Q224 660 220 630Z", o.c, [180, 410, 440, 250], repeat(9, (j) => repeat(15, (i) => (i + j) % 2 ? rect(176 + i * 30, 416 + j * 28, 28, 24, 9, dark(o.c, 0.14)) : "")) + rect(170, 520, 460, 26, 0, o.d, dim(0.85))) + rect(170, 398, 460, 30, 15, dark(o.c, 0.1)) + `<path d="${repeat(18, (i) => `M${182 + i * 25} 424l16 -22`)}" stroke="${light(o.c, 0.3)}" stroke-width="5" stroke-linecap="round"/>`;
}
export function flask(o) {
    const h = o.h ?? 400, y = 655 - h;
    return shadow(400, 652, 110) + body(`M330 ${y + 70}C330 ${y + 40} 340 ${y + 30} 344 ${y}H456C460 ${y + 30} 470 ${y + 40} 490 ${y + 80}V625Q490 655 460 655H340Q310 655 310 625V${y + 80}Z`, o.c, [310, y, 180, h], rect(300, 590, 200, 14, 0, over(o.c, o.d)) + marks(o.mark, 400, y + h * 0.55, over(o.c, o.d), 0.9)) + block(344, y - 66, 112, 74, 14, "#b98a5c", line(`M350 ${y - 40}H450`, "#8d6238", 4)) + rect(340, y - 2, 120, 16, 6, "#cfd3d2") + line(`M352 ${y - 50}C352 ${y - 120} 448 ${y - 120} 448 ${y - 50}`, "#8a5d38", 12);
}
export function tag(o) {
    const one = (x, y, a, c, d, m) => turn(a, x, y, rect(x - 80, y - 120, 178, 290, 26, "#2b1d14", dim(0.13)) + line(`M${x} ${y - 100}C${x - 80} ${y - 220} ${x + 90} ${y - 250} ${x} ${y - 100}`, dark(c, 0.2), 15) + body(`M${x - 44} ${y - 136}H${x + 44}L${x + 88} ${y - 80}V${y + 136}Q${x + 88} ${y + 160} ${x + 64} ${y + 160}H${x - 64}Q${x - 88} ${y + 160} ${x - 88} ${y + 136}V${y - 80}Z`, c, [x - 88, y - 136, 176, 296]) + rect(x - 60, y - 34, 120, 156, 10, "#fff6e4") + marks(m, x, y + 44, d, 0.85) + disc(x, y - 96, 13, "#d9b465") + disc(x, y - 96, 6, dark(c, 0.4)));
    return one(310, 420, -13, o.c, o.d, "sun") + one(520, 470, 11, o.d, o.c, "wave");
}
export function sleeve(o) {
    return rect(190, 300, 446, 330, 18, "#2b1d14", dim(0.14)) + turn(-3, 400, 440, rect(236, 196, 340, 200, 16, "#c9cdd0") + rect(236, 196, 340, 10, 5, "#e6e9ea") + block(180, 280, 440, 330, 20, o.c, specks(190, 290, 420, 310, 46, light(o.c, 0.5), 3)) + path("M180 300Q180 280 200 280H600Q620 280 620 300V380Q400 440 180 380Z", dark(o.c, 0.1)) + block(372, 350, 56, 130, 10, o.d) + disc(400, 452, 12, "#d9b465") + line("M192 394V588Q192 598 204 598H596Q608 598 608 588V394", light(o.c, 0.35), 3, ' stroke-dasharray="9 8"'));
}
export { box, oval };
