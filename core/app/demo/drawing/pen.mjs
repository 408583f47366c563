// The pen of the demo shop's pictures: colours, shapes and scenes that all drawings are made of. A picture is 800 by 800, flat
// shapes with a soft shade at the right and a light at the left, on a table before a tinted wall. No text, no scripts, nothing
// from outside; the only ids are those of clip paths and begin with the picture's name.

let name = "x";
let clips = 0;

export function begin(picture) {
    name = picture;
    clips = 0;
}

const channels = (c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16));
export function mix(a, b, t) {
    const y = channels(b);
    return "#" + channels(a).map((v, i) => Math.round(v + (y[i] - v) * t).toString(16).padStart(2, "0")).join("");
}
export const light = (c, t = 0.25) => mix(c, "#fffaf2", t);
export const dark = (c, t = 0.25) => mix(c, "#2b1d14", t);

export const path = (d, fill, more = "") => `<path d="${d}" fill="${fill}"${more}/>`;
export const rect = (x, y, w, h, r, fill, more = "") =>
    `<rect x="${x}" y="${y}" width="${w}" height="${h}"${r ? ` rx="${r}"` : ""} fill="${fill}"${more}/>`;
export const oval = (x, y, rx, ry, fill, more = "") => `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${fill}"${more}/>`;
export const disc = (x, y, r, fill, more = "") => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"${more}/>`;
export const line = (d, color, width, more = "") =>
    `<path d="${d}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"${more}/>`;
export const dim = (opacity) => ` opacity="${opacity}"`;
export const turn = (degrees, x, y, inner) => `<g transform="rotate(${degrees} ${x} ${y})">${inner}</g>`;
export const move = (x, y, inner, size = 1) =>
    `<g transform="translate(${x} ${y})${size === 1 ? "" : ` scale(${size})`}">${inner}</g>`;

export const shadow = (x, y, rx, ry = rx * 0.11) =>
    oval(x + rx * 0.12, y, rx * 1.08, ry, "#2b1d14", dim(0.1)) + oval(x + rx * 0.04, y - 1, rx * 0.94, ry * 0.66, "#2b1d14", dim(0.17));

// A solid thing: its outline, what is painted on it, a shade at the right and a light at the left of `box` [x, y, width, height].
export function body(d, fill, box, inside = "", shade = 0.13) {
    const id = `${name}-${++clips}`;
    const [x, y, w, h] = box;
    return (
        `<clipPath id="${id}"><path d="${d}"/></clipPath>` + path(d, fill) + `<g clip-path="url(#${id})">${inside}` +
        path(`M${x + w * 0.68} ${y}C${x + w * 0.86} ${y + h * 0.3} ${x + w * 0.84} ${y + h * 0.7} ${x + w * 0.6} ${y + h}H${x + w}V${y}Z`, "#2b1d14", dim(shade)) +
        path(`M${x + w * 0.1} ${y}C${x + w * 0.04} ${y + h * 0.4} ${x + w * 0.05} ${y + h * 0.7} ${x + w * 0.16} ${y + h}H${x + w * 0.25}C${x + w * 0.15} ${y + h * 0.7} ${x + w * 0.14} ${y + h * 0.4} ${x + w * 0.2} ${y}Z`, "#fff", dim(0.22)) +
        "</g>"
    );
}
export function box(x, y, w, h, r = 0) {
    return `M${x + r} ${y}H${x + w - r}Q${x + w} ${y} ${x + w} ${y + r}V${y + h - r}Q${x + w} ${y + h} ${x + w - r} ${y + h}H${x + r}Q${x} ${y + h} ${x} ${y + h - r}V${y + r}Q${x} ${y} ${x + r} ${y}Z`;
}
export const block = (x, y, w, h, r, fill, inside = "", shade = 0.13) => body(box(x, y, w, h, r), fill, [x, y, w, h], inside, shade);

export function repeat(count, draw) {
    let all = "";
    for (let i = 0; i < count; i++) all += draw(i);
    return all;
}
// The same sequence for the same seed: specks and leaves lie where they lay before.
export function dice(seed) {
    let s = 7;
    for (const letter of seed) s = (s * 31 + letter.charCodeAt(0)) % 2147483647;
    return () => (s = (s * 48271) % 2147483647) / 2147483647;
}
export function specks(x, y, w, h, count, color, size = 3.2) {
    const roll = dice(name);
    const at = repeat(Math.round(count * 1.4), () => {
        const [a, b] = [x + roll() * w, y + roll() * h].map((v) => Math.round(v * 10) / 10);
        return `M${a} ${b}h.1`;
    });
    return `<path d="${at}" stroke="${color}" stroke-width="${size}" stroke-linecap="round" fill="none" opacity=".5"/>`;
}
export function sprig(x, y, degrees, color, leaves = 5, size = 1) {
    const inner =
        line(`M0 0Q6 ${-leaves * 13} 0 ${-leaves * 27}`, dark(color, 0.15), 4) +
        repeat(leaves, (i) =>
            path(`M2 ${-18 - i * 25}q26 -6 38 -30q-32 -2 -38 30Z`, i % 2 ? color : light(color, 0.15)) +
            path(`M2 ${-8 - i * 25}q-26 -6 -38 -30q32 -2 38 30Z`, i % 2 ? light(color, 0.12) : dark(color, 0.08)));
    return `<g transform="translate(${x} ${y}) rotate(${degrees})${size === 1 ? "" : ` scale(${size})`}">${inner}</g>`;
}
export const steam = (x, y, color = "#fff") =>
    line(`M${x} ${y}c-22 -28 20 -44 0 -78M${x + 44} ${y - 6}c-20 -24 18 -38 0 -66`, color, 9, dim(0.6));

// Walls and tables, one palette a category.
export const walls = {
    "tea-coffee": ["#f0e2cb", "#e6d0ac", "#d6b98b"],
    pantry: ["#f7dfc3", "#f1cb9f", "#dfae78"],
    ceramics: ["#e4e5dc", "#d5d8ca", "#bcc0ae"],
    textiles: ["#efdeda", "#e5c9c2", "#d0a79f"],
    light: ["#55647a", "#64748a", "#3f4c60"],
    paper: ["#dfe6ec", "#ccd8e1", "#adbecb"],
    bath: ["#dbe9e3", "#c8ddd4", "#a7c5b8"],
    bags: ["#efe2ca", "#e3cfa8", "#cdb184"],
};

export function scene(category, seed, drawing, hanging = false, zoom = 1) {
    const drawn = zoom === 1 ? drawing : `<g transform="translate(400 650) scale(${zoom}) translate(-400 -650)">${drawing}</g>`;
    const [wall, shape, table] = walls[category];
    const kind = Math.floor(dice(seed)() * 997) % 4;
    const back = [
        () => path("M150 800V380a250 250 0 0 1 500 0V800Z", shape),
        () => disc(410, 350, 270, shape),
        () => path("M70 90L300 90L300 800L70 800ZM340 90H570V800H340Z", shape, dim(0.75)),
        () => path("M0 430C180 300 330 330 470 400S720 440 800 350V800H0Z", shape) + disc(630, 190, 74, light(shape, 0.4), dim(0.7)),
    ][kind]();
    const floor = hanging ? "" : rect(0, 590, 800, 210, 0, table) + rect(0, 590, 800, 7, 0, light(table, 0.35), dim(0.7));
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" width="800" height="800">${rect(0, 0, 800, 800, 0, wall)}${back}${floor}${drawn}</svg>\n`
        .replace(/(\d+\.\d)\d+/g, "$1").replace(/(\D)0\.(\d)/g, "$1.$2");
}
