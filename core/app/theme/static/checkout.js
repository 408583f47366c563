// The checkout follows what is chosen while scripts run: the same form is sent as by its button "Update", and the parts of the page that
// depend on it are replaced. What is typed stays where it is. Without this file, or when anything fails, the button does it.
const form = document.querySelector('form[data-checkout]');
const summed = document.querySelector('[data-focus]');
if (summed) summed.focus();

const voice = document.createElement('p');
voice.className = 'hidden';
voice.setAttribute('role', 'status');
document.body.append(voice);

let turn = 0;
let wait;

const regions = () => [...form.querySelectorAll('[data-region]')];
const place = (element) => (element?.id ? `#${CSS.escape(element.id)}` : element?.name && `[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]`);

async function renew() {
  const mine = ++turn;
  const body = new URLSearchParams(new FormData(form));
  body.set('do', 'update');
  regions().forEach((region) => region.setAttribute('aria-busy', 'true'));
  try {
    const answer = await fetch(form.action, { method: 'POST', body, credentials: 'same-origin', headers: { accept: 'text/html' } });
    const text = await answer.text();
    if (mine !== turn) return;
    const page = new DOMParser().parseFromString(text, 'text/html');
    const fresh = regions().map((region) => page.querySelector(`[data-region="${region.dataset.region}"]`));
    if (!answer.ok || fresh.includes(null)) throw new Error('another page');
    const before = [...form.elements].filter((field) => field.name && 'value' in field && field.type !== 'hidden');
    const ticked = new Map(before.filter((field) => field.type === 'checkbox').map((field) => [field.name, field.checked]));
    const typed = new Map(before.filter((field) => !/radio|checkbox|submit/.test(field.type)).map((field) => [field.name, field.value]));
    const at = document.activeElement;
    const focus = form.contains(at) ? place(at) : null;
    const range = at && 'selectionStart' in at && /text|search|tel|url/.test(at.type) ? [at.selectionStart, at.selectionEnd] : null;
    regions().forEach((region, i) => region.replaceWith(fresh[i]));
    for (const field of fresh.flatMap((region) => [...region.querySelectorAll('input[type="text"], input[type="tel"], select')]))
      if (typed.has(field.name) && (field.localName !== 'select' || [...field.options].some((o) => o.value === typed.get(field.name)))) field.value = typed.get(field.name);
    for (const field of fresh.flatMap((region) => [...region.querySelectorAll('input[type="checkbox"]')])) if (ticked.has(field.name) && !('own' in field.dataset)) field.checked = ticked.get(field.name);
    const again = focus && document.querySelector(focus);
    if (again && again !== document.activeElement) {
      again.focus({ preventScroll: true });
      if (range) again.setSelectionRange(...range);
    }
    voice.textContent = fresh.flatMap((region) => [...region.querySelectorAll('[data-say] .totals-all')]).map((part) => part.textContent.trim().replace(/\s+/g, ' ')).join('. ');
  } catch {
    if (mine === turn) regions().forEach((region) => region.removeAttribute('aria-busy'));
    document.documentElement.classList.add('checkout-by-hand');
  }
}

form?.addEventListener('change', (event) => {
  const field = event.target;
  if (!field.matches('[data-update], [name="delivery"], [name="payment"], .option-more :is(select, input)')) return;
  turn += 1; // an answer to what was chosen before comes too late now
  clearTimeout(wait);
  wait = setTimeout(renew, 60);
});

// One click is one order: the button stays, but is pressed once. Coming back to the page makes it good again.
form?.addEventListener('submit', (event) => {
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (event.submitter?.value === 'place') form.dataset.sent = 'yes';
});
addEventListener('pageshow', () => { if (form) delete form.dataset.sent; });
