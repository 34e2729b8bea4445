// What is wrong with the page that is shown, one line each. Run by the tests; the pages have no
// script of their own.
const wrong = [];
const root = document.documentElement;
if (root.lang !== 'en') wrong.push('no language');
if (!document.title.includes('topup sandbox')) wrong.push('title: ' + document.title);
if (!document.body.innerText.includes('Sandbox.')) wrong.push('does not say that it is a sandbox');
if (document.scripts.length) wrong.push('a script');
for (const name of ['main', 'header']) {
  if (document.querySelectorAll(name).length !== 1) wrong.push('not one ' + name);
}
let level = 0;
for (const heading of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) wrong.push('heading out of order: ' + heading.innerText);
  level = own;
}
if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
if (new Set(ids).size !== ids.length) wrong.push('an id twice: ' + ids);
for (const e of document.querySelectorAll('[aria-labelledby],[aria-describedby]')) {
  const named = (e.getAttribute('aria-labelledby') ?? '') + ' ' + (e.getAttribute('aria-describedby') ?? '');
  for (const id of named.trim().split(/\s+/)) {
    if (!document.getElementById(id)) wrong.push('names what is not there: ' + id);
  }
}
for (const e of document.querySelectorAll('a[href^="#"]')) {
  if (!document.getElementById(e.hash.slice(1))) wrong.push('leads nowhere: ' + e.hash);
}
for (const e of document.querySelectorAll('input:not([type=hidden]),button,a[href],select,textarea')) {
  const name = e.labels?.length ? e.labels[0].innerText : (e.getAttribute('aria-label') ?? e.innerText);
  if (!name?.trim()) wrong.push('no name: ' + e.outerHTML);
  if (e.tagName === 'INPUT' && !e.labels.length) wrong.push('no label: ' + e.outerHTML);
}
const names = [...document.querySelectorAll('button')].map(e => e.innerText);
if (new Set(names).size !== names.length) wrong.push('two buttons of one name: ' + names);
for (const e of document.querySelectorAll('*')) {
  for (const { name } of e.attributes) {
    if (name.startsWith('on') || name === 'style') wrong.push('attribute ' + name);
  }
}
if (root.scrollWidth > root.clientWidth) wrong.push('scrolls sideways: ' + root.scrollWidth);
const numbers = color => (color.match(/[\d.]+/g) ?? []).map(Number);
const light = color => {
  const [r, g, b] = color.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = e => {
  for (; e; e = e.parentElement) {
    const [r, g, b, a = 1] = numbers(getComputedStyle(e).backgroundColor);
    if (a === 1) return [r, g, b];
    if (a > 0) wrong.push('half a background: ' + e.outerHTML.slice(0, 80));
  }
  wrong.push('no background');
  return [255, 255, 255];
};
const ratio = (one, two) => {
  const [low, high] = [light(one), light(two)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
let measured = 0;
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const e = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !e.checkVisibility() || e.closest('datalist')) continue;
  const style = getComputedStyle(e);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const [r, g, b, a = 1] = numbers(style.color);
  const found = ratio([r, g, b], behind(e));
  measured += 1;
  if (a !== 1 || found < (large ? 3 : 4.5)) wrong.push(`contrast ${found.toFixed(2)}: ${texts.currentNode.data}`);
}
if (measured < 5) wrong.push('hardly any text');
// What shows that a field is one.
for (const e of document.querySelectorAll('input[type=text],.tick')) {
  const border = numbers(getComputedStyle(e).borderTopColor).slice(0, 3);
  const found = ratio(border, behind(e.parentElement));
  if (found < 3) wrong.push(`border ${found.toFixed(2)}: ${e.outerHTML}`);
}
return { wrong, paper: getComputedStyle(document.body).backgroundColor };
