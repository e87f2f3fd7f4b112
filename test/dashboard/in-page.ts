/** Scripts that run in the page; as text, since they are of the browser's world. */

/** Texts whose contrast with what is behind them is below 4.5, or 3 where they are large (WCAG 2.2, 1.4.3). */
export const LOW_CONTRASTS = `(() => {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const channels = (colour, under) => {
    context.fillStyle = under;
    context.fillRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const rgb = (parts) => 'rgb(' + parts.join(',') + ')';
  const ground = (element) => {
    const chain = [];
    for (let at = element; at; at = at.parentElement) chain.unshift(getComputedStyle(at).backgroundColor);
    return chain.reduce((under, colour) => rgb(channels(colour, under)), 'rgb(255,255,255)');
  };
  const luminance = (parts) => {
    const [r, g, b] = parts.map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  let seen = 0;
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    const style = getComputedStyle(element);
    if (!own || element.closest('.unseen') || style.visibility === 'hidden' || element.getClientRects().length === 0) continue;
    seen++;
    const under = ground(element);
    const colour = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [luminance(channels(colour, under)), luminance(channels(under, under))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (contrast < (large ? 3 : 4.5)) found.push(element.tagName + ' ' + element.textContent.slice(0, 30) + ' ' + contrast.toFixed(2));
  }
  return { found, seen };
})()`;

/** How far the page is wider than its window. */
export const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** What has the focus, and whether one sees it. */
export const FOCUS = `(() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const name = element.getAttribute('aria-label') || element.id || element.textContent.trim().slice(0, 40);
  return { tag: element.tagName, name, outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
})()`;
