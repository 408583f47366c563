// Before the first paint, so that nothing flashes: that scripts run, and the colours that were chosen in the footer. A classic script, since a module waits.
document.documentElement.classList.add('js');
try {
  const look = localStorage.getItem('look');
  if (look === 'light' || look === 'dark') document.documentElement.dataset.theme = look;
} catch { /* no storage: as the device says */ }
