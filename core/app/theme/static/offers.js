// What is offered with a product: the page itself is the same for everybody, offers are for one person, so they are fetched when it stands.
const place = document.querySelector('[data-offers]');
if (place) {
  const answer = await fetch(place.dataset.offers, { headers: { accept: 'text/html' }, credentials: 'same-origin' }).catch(() => null);
  const list = answer?.ok && new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-offers-list]');
  if (list) place.replaceChildren(...list.childNodes);
  else place.remove();
}
