// What script adds to the admin pages: a warning before typed changes are lost, and a box that chooses all rows of a list.
for (const form of document.querySelectorAll('form[data-watch]')) {
  let changed = false;
  form.addEventListener('input', () => { changed = true; });
  form.addEventListener('submit', () => { changed = false; });
  addEventListener('beforeunload', (event) => { if (changed) event.preventDefault(); });
}
const boxes = [...document.querySelectorAll('td > input[type="checkbox"][name="id"]')];
const head = document.querySelector('th .unseen');
if (boxes.length > 1 && head) {
  const all = document.createElement('input');
  all.type = 'checkbox';
  all.setAttribute('aria-label', head.textContent);
  all.addEventListener('change', () => { for (const box of boxes) box.checked = all.checked; });
  head.after(all);
}
document.getElementById('errors')?.focus();
