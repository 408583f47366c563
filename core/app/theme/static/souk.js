// What pages gain when scripts run; without, every page works as it is.
//
// Markup says what is wanted, through data attributes:
//   data-region="list"   a part of the page that can be replaced
//   data-swap            a form or link whose answer replaces the regions instead of the page
//   data-suggest="/…"    a search form, completed from that address
//   data-say             what is said aloud when its region was replaced
//   data-look            a choice of colours
//   data-gallery, data-picture, data-thumb, data-menu

const root = document.documentElement;

// ---- regions ----

// What has changed is said aloud from a place that stays, since one that comes new is often not heard.
const voice = document.createElement('p');
voice.className = 'hidden';
voice.setAttribute('role', 'status');
document.body.append(voice);

let turn = 0; // of the newest swap: an older answer that comes later is not shown

// Where the focus was, in words that hold in the new page too.
function placeOf(element) {
  if (!element || element === document.body) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.name && 'value' in element) {
    const tag = element.localName;
    return element.type === 'checkbox' ? `input[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]` : `${tag}[name="${CSS.escape(element.name)}"]`;
  }
  return null;
}

async function swap(url, { push = true, top = false } = {}) {
  const mine = ++turn;
  const regions = document.querySelectorAll('[data-region]');
  regions.forEach((region) => region.setAttribute('aria-busy', 'true'));
  try {
    const answer = await fetch(url, { headers: { accept: 'text/html' }, credentials: 'same-origin' });
    const text = await answer.text();
    if (mine !== turn) return;
    const page = new DOMParser().parseFromString(text, 'text/html');
    const fresh = [...regions].map((region) => page.querySelector(`[data-region="${region.dataset.region}"]`));
    if (!answer.ok || fresh.includes(null)) throw new Error('another page');
    const focus = placeOf(document.activeElement);
    const parts = () => document.querySelectorAll('[data-region] [data-filters], [data-region] [data-filters] details');
    const open = [...parts()].map((part) => part.open);
    regions.forEach((region, i) => region.replaceWith(fresh[i]));
    parts().forEach((part, i) => { if (i in open) part.open = open[i]; });
    document.title = page.title;
    if (push) history.pushState({ swap: true }, '', answer.url);
    if (focus) document.querySelector(focus)?.focus({ preventScroll: true });
    if (top) {
      const main = document.querySelector('#main');
      main.focus({ preventScroll: true });
      fresh[0].scrollIntoView();
    }
    start();
    voice.textContent = fresh.flatMap((region) => [...region.querySelectorAll('[data-say]')]).map((part) => part.textContent.trim()).join('. ');
  } catch {
    if (mine === turn) location.assign(url);
  }
}

// The address that a form asks for, written as our own links are: "color" for "color[]", one price for its two ends.
function addressOf(form) {
  const url = new URL(form.action);
  const data = new FormData(form);
  const ends = [data.get('price[from]'), data.get('price[to]')];
  const fields = [...data].filter(([name, value]) => value !== '' && !/^(price\[(from|to)\]|quantity)$/.test(name)).map(([name, value]) => [name.replace(/\[\]$/, ''), value]);
  if (ends.some(Boolean)) fields.push(['price', ends.join('-')]);
  url.search = new URLSearchParams(fields).toString();
  return url.href;
}

document.addEventListener('submit', (event) => {
  if (!event.target.matches('form[data-swap]') || event.submitter?.hasAttribute('formaction')) return; // "Add to cart" goes its own way
  event.preventDefault();
  swap(addressOf(event.target));
});
document.addEventListener('change', (event) => {
  const form = event.target.form;
  if (form?.matches('[data-swap]') && !event.target.closest('[data-buy]')) swap(addressOf(form));
});
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-swap]');
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  swap(link.href, { top: Boolean(link.closest('.pager')) });
});
history.replaceState({ ...history.state, swap: true }, '');
addEventListener('popstate', (event) => {
  if (event.state?.swap && document.querySelector('[data-region]')) swap(location.href, { push: false });
});

// ---- colours: look.js has set them before the first paint ----

const look = document.querySelector('[data-look]');
if (look) {
  look.value = root.dataset.theme ?? '';
  look.addEventListener('change', () => {
    if (look.value) root.dataset.theme = look.value; else delete root.dataset.theme;
    try { localStorage.setItem('look', look.value); } catch { /* then until the next page */ }
  });
}

// ---- menus ----

document.addEventListener('click', (event) => {
  document.querySelectorAll('[data-menu][open]').forEach((menu) => {
    if (!menu.contains(event.target) && !menu.closest(':popover-open')) menu.open = false;
  });
});
document.addEventListener('keydown', (event) => {
  const menu = event.key === 'Escape' && event.target.closest?.('[data-menu][open]');
  if (!menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});

// ---- gallery ----

function startGallery() {
  const gallery = document.querySelector('[data-gallery]');
  const thumbs = [...document.querySelectorAll('[data-thumb]')];
  if (!gallery || !thumbs.length || gallery.dataset.started) return;
  gallery.dataset.started = 'yes';
  const mark = (id) => thumbs.forEach((thumb) => {
    if (thumb.hash === `#${id}`) thumb.setAttribute('aria-current', 'true'); else thumb.removeAttribute('aria-current');
  });
  thumbs.forEach((thumb) => thumb.addEventListener('click', (event) => {
    const picture = document.querySelector(thumb.hash);
    if (!picture) return;
    event.preventDefault();
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    gallery.scrollTo({ left: picture.offsetLeft - gallery.offsetLeft, behavior: calm ? 'auto' : 'smooth' });
    mark(picture.id);
  }));
  const watch = new IntersectionObserver((seen) => seen.forEach((one) => { if (one.isIntersecting) mark(one.target.id); }), { root: gallery, threshold: 0.6 });
  gallery.querySelectorAll('[data-picture]').forEach((picture) => watch.observe(picture));
}

// A wide page shows its filters even where a browser cannot do so by style alone.
function startFilters() {
  if (matchMedia('(width >= 56rem)').matches && !CSS.supports('selector(::details-content)'))
    document.querySelectorAll('[data-filters]').forEach((box) => { box.open = true; });
}

// ---- search box: a combobox with a list of links ----

function startSearch(form) {
  const input = form.querySelector('input[type="search"]');
  const list = document.createElement('ul');
  list.className = 'suggest';
  list.id = 'suggestions';
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', form.dataset.label);
  form.parentElement.append(list);
  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': list.id })) input.setAttribute(name, value);
  let items = [], chosen = -1, timer, asked = 0;

  const show = (open) => {
    list.hidden = !open;
    input.setAttribute('aria-expanded', String(open));
    if (!open) choose(-1);
  };
  const choose = (index) => {
    chosen = index;
    [...list.children].forEach((item, i) => item.setAttribute('aria-selected', String(i === index)));
    if (index < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', list.children[index].id);
    list.children[index]?.scrollIntoView({ block: 'nearest' });
  };
  const ask = async () => {
    const words = input.value.trim();
    const mine = ++asked;
    if (words.length < 2) return show(false);
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(words)}`, { headers: { accept: 'application/json' } });
      const found = answer.ok ? (await answer.json()).items : [];
      if (mine !== asked) return;
      items = found;
    } catch {
      items = [];
    }
    list.replaceChildren(...items.map((item, i) => {
      const option = document.createElement('li');
      option.id = `suggestion-${i}`;
      option.setAttribute('role', 'option');
      option.textContent = item.text;
      option.addEventListener('pointerdown', (event) => { event.preventDefault(); location.assign(item.url); });
      return option;
    }));
    choose(-1);
    show(items.length > 0 && document.activeElement === input);
  };
  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
  input.addEventListener('blur', () => show(false));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !list.hidden) { event.preventDefault(); show(false); return; }
    if (event.key === 'Enter' && chosen >= 0) { event.preventDefault(); location.assign(items[chosen].url); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !items.length) return;
    event.preventDefault();
    if (list.hidden) show(true);
    choose(chosen + step >= items.length ? -1 : chosen + step < -1 ? items.length - 1 : chosen + step);
  });
}

function start() {
  startFilters();
  startGallery();
}
document.querySelectorAll('form[data-suggest]').forEach(startSearch);
start();
