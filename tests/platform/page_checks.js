// What keeps somebody from reading or using the page; a list of sentences.
(() => {
  const problems = [];
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const value = part / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const background = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = numbers(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const isPicture = element.closest("svg");
    const color = numbers(isPicture ? style.fill : style.color);
    const behind = isPicture ? numbers(getComputedStyle(isPicture.querySelector("rect")).fill) : background(element);
    const ratio = contrast(color, behind);
    const name = `${element.tagName}.${element.getAttribute("class")}`;
    if (ratio < 4.5 && !told.has(name)) {
      told.add(name);
      problems.push(`contrast of ${name} is ${ratio.toFixed(2)}: ${walker.currentNode.textContent.trim().slice(0, 30)}`);
    }
  }

  if (document.documentElement.scrollWidth > innerWidth) problems.push(`it is ${document.documentElement.scrollWidth} wide`);
  if (document.querySelectorAll("h1").length !== 1) problems.push("it has not one first heading");
  if (!document.documentElement.lang) problems.push("it has no language");
  let level = 1;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) problems.push(`heading ${heading.textContent} skips a level`);
    level = next;
  }
  for (const field of document.querySelectorAll("input, select, textarea")) {
    if (!field.labels.length) problems.push(`field ${field.name} has no label`);
  }
  for (const each of document.querySelectorAll("a, button, summary")) {
    if (!each.textContent.trim() && !each.getAttribute("aria-label")) problems.push(`${each.outerHTML} has no name`);
  }
  for (const each of document.querySelectorAll("table")) {
    if (!each.querySelector("th[scope]")) problems.push("a table has no headers");
  }
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  if (new Set(ids).size !== ids.length) problems.push("two elements share an id");
  for (const each of document.querySelectorAll("[aria-labelledby]")) {
    if (!document.getElementById(each.getAttribute("aria-labelledby"))) problems.push(`${each.tagName} has a label that is not there`);
  }
  return problems;
})()
