/** A few lines over the DOM. Text is always set as text: what users wrote never becomes markup. */

export const byId = (id) => document.getElementById(id);

/** `make("button", {class: "send", onclick: f, "aria-label": "Send"}, "text", child)`. Null children are left out. */
export function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else if (value === true) element.setAttribute(name, "");
        else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
}

const svgNamespace = "http://www.w3.org/2000/svg";

/** A symbol of index.html's sprite sheet. */
export function icon(name, className = "icon") {
    const svg = document.createElementNS(svgNamespace, "svg");
    const use = document.createElementNS(svgNamespace, "use");
    use.setAttribute("href", `#${name}`);
    svg.setAttribute("class", className);
    svg.setAttribute("aria-hidden", "true");
    svg.append(use);
    return svg;
}

/** Makes `nodes` the children of `parent`, moving only what is not in its place: focus and scrolling stay. */
export function arrange(parent, nodes) {
    let place = parent.firstChild;
    for (const node of nodes) {
        if (node === place) place = place.nextSibling;
        else parent.insertBefore(node, place);
    }
    while (place) {
        const next = place.nextSibling;
        place.remove();
        place = next;
    }
}

/** A round picture of a name: its first letter on one of eight colours. */
export function avatar(name) {
    let sum = 0;
    for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 8;
    const letter = String.fromCodePoint(name.codePointAt(0)).toUpperCase();
    return make("span", { class: `avatar tone-${sum}`, "aria-hidden": "true" }, letter);
}
