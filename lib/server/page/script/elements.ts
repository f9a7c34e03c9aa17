/** Elements of the page, made and found; text goes in as text alone. */
export const ELEMENTS_SCRIPT = `
const byId = (id) => document.getElementById(id);

function element(tag, parent, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  parent.appendChild(made);
  return made;
}

function say(id, text) {
  const place = byId(id);
  place.textContent = text;
  place.hidden = text === '';
}
`;
