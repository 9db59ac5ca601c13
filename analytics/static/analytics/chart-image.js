// Saves a chart of the page as an image: its drawing, with the labels that stand around it as text.
// Nothing leaves the browser: the drawing goes through a data address onto a canvas, and from there into a file.
"use strict";

const SCALE = 2;
const WIDTH = 1000;
const HEIGHT = 320;
const EDGE = { top: 48, right: 24, bottom: 40, left: 76 };
const DRAWN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity"];

document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-image]");
    const figure = button && document.querySelector(`[data-chart="${button.dataset.image}"]`);
    if (figure) {
        save(figure, button.dataset.image);
    }
});

function save(figure, name) {
    const drawing = figure.querySelector("svg");
    const page = getComputedStyle(figure.closest(".card"));
    const image = new Image();
    image.addEventListener("load", () => {
        const canvas = document.createElement("canvas");
        canvas.width = WIDTH * SCALE;
        canvas.height = HEIGHT * SCALE;
        const pen = canvas.getContext("2d");
        pen.scale(SCALE, SCALE);
        pen.fillStyle = page.backgroundColor;
        pen.fillRect(0, 0, WIDTH, HEIGHT);
        pen.drawImage(image, EDGE.left, EDGE.top, WIDTH - EDGE.left - EDGE.right, HEIGHT - EDGE.top - EDGE.bottom);
        pen.fillStyle = page.color;
        letter(pen, figure, page);
        canvas.toBlob((made) => {
            const link = document.createElement("a");
            link.href = URL.createObjectURL(made);
            link.download = `${name}.png`;
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), 1000);
        }, "image/png");
    });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(alone(drawing))}`;
}

// The drawing with its colors written into it: the stylesheet stays behind.
function alone(drawing) {
    const copy = drawing.cloneNode(true);
    const shown = [drawing, ...drawing.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((part, number) => {
        const style = getComputedStyle(shown[number]);
        DRAWN.forEach((property) => part.setAttribute(property, style.getPropertyValue(property)));
        part.removeAttribute("class");
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", WIDTH - EDGE.left - EDGE.right);
    copy.setAttribute("height", HEIGHT - EDGE.top - EDGE.bottom);
    return new XMLSerializer().serializeToString(copy);
}

function letter(pen, figure, page) {
    const texts = (selector) => [...figure.querySelectorAll(selector)].map((one) => one.textContent);
    const [across, down] = [WIDTH - EDGE.left - EDGE.right, HEIGHT - EDGE.top - EDGE.bottom];
    pen.font = `600 16px ${page.fontFamily}`;
    pen.textBaseline = "middle";
    pen.fillText(figure.querySelector("svg title").textContent, EDGE.left, EDGE.top / 2);
    pen.font = `12px ${page.fontFamily}`;
    pen.textAlign = "right";
    texts(".chart-ticks li").forEach((text, number, all) => {
        pen.fillText(text, EDGE.left - 8, EDGE.top + (down * number) / Math.max(all.length - 1, 1));
    });
    texts(".week-days li").forEach((text, number, all) => {
        pen.fillText(text, EDGE.left - 8, EDGE.top + (down * (number + 0.5)) / all.length);
    });
    texts(".chart-labels li").forEach((text, number, all) => {
        pen.textAlign = number === 0 ? "left" : number === all.length - 1 ? "right" : "center";
        pen.fillText(text, EDGE.left + (across * number) / Math.max(all.length - 1, 1), HEIGHT - EDGE.bottom / 2);
    });
    pen.textAlign = "left";
    texts(".week-hours li").forEach((text, number, all) => {
        pen.fillText(text, EDGE.left + (across * number) / all.length, HEIGHT - EDGE.bottom / 2);
    });
}
