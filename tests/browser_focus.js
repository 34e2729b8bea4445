// Everything that can take the focus, and how it looks when it has it.
const wrong = [];
for (const e of document.querySelectorAll('input:not([type=hidden]):not([disabled]),button,a[href]')) {
  e.focus();
  const { outlineStyle, outlineWidth } = getComputedStyle(e);
  if (document.activeElement !== e) wrong.push('takes no focus: ' + e.outerHTML);
  if (outlineStyle !== 'solid' || parseFloat(outlineWidth) < 2) wrong.push('no outline: ' + e.outerHTML);
  const box = e.getBoundingClientRect();
  if (e.matches('button,.button,input[type=text]') && box.height < 40) wrong.push('too small for a finger: ' + e.outerHTML);
}
return wrong;
