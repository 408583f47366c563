// An order whose payment provider has not answered yet: the page is asked for again after a while, unless somebody reads something else just
// now. Without scripts the page does it by its head, and there is a link in any case.
const box = document.querySelector('[data-look-after]');
const again = () => (document.hidden ? addEventListener('visibilitychange', again, { once: true }) : location.replace(box.dataset.lookAt));
if (box) setTimeout(again, Number(box.dataset.lookAfter) * 1000);
