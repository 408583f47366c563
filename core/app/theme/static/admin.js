// What script adds to the admin pages: a warning before typed changes are lost, a box that chooses all rows of a list, a narrow menu that
// begins at the page one is on, and a page that looks again by itself while work is going on.
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
const here = document.querySelector('.side a[aria-current]');
const side = here?.closest('.side');
if (side && side.scrollWidth > side.clientWidth) side.scrollLeft = here.offsetLeft - side.offsetLeft - 24;
const again = document.querySelector('a[data-again]');
if (again) setTimeout(() => location.reload(), Number(again.dataset.again) * 1000);
