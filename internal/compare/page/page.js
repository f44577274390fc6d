'use strict';
(() => {
  const byId = id => document.getElementById(id);
  const form = byId('filter'), list = byId('list'), shown = byId('shown'), expand = byId('expand');
  if (!form) return;
  const rows = [...list.children];
  const text = new Map();
  const textOf = row => {
    if (!text.has(row)) text.set(row, row.textContent.toLowerCase());
    return text.get(row);
  };
  const filter = () => {
    const words = byId('q').value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set([...form.querySelectorAll('[name=verdict]:checked')].map(box => box.value));
    const host = byId('host').value, kind = byId('kind').value, field = byId('field').value;
    let count = 0;
    for (const row of rows) {
      const d = row.dataset;
      const show = verdicts.has(d.verdict) && (!host || d.host === host) && (!kind || d.kind === kind) &&
        (!field || d.fields.split(' ').includes(field)) && words.every(word => textOf(row).includes(word));
      row.hidden = !show;
      if (show) count++;
    }
    shown.textContent = count === rows.length ? `${count} requests` : `${count} of ${rows.length} requests`;
    byId('none').hidden = count > 0;
  };
  let waiting = 0;
  form.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(filter, 80); });
  form.addEventListener('reset', () => setTimeout(filter, 0));
  form.addEventListener('submit', event => { event.preventDefault(); filter(); });
  expand.addEventListener('click', () => {
    const open = expand.getAttribute('aria-pressed') !== 'true';
    expand.setAttribute('aria-pressed', open);
    expand.textContent = open ? 'Close all' : 'Open all';
    for (const row of rows) if (!row.hidden) row.querySelector('details').open = open;
  });
  for (const button of document.querySelectorAll('button.only')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      form.reset();
      byId('field').value = button.dataset.field;
      filter();
      byId('requests').focus();
      byId('requests').scrollIntoView();
    });
  }
  document.addEventListener('keydown', event => {
    if (event.key === '/' && !event.target.closest('input, select, textarea')) { event.preventDefault(); byId('q').focus(); }
  });
  form.hidden = false;
})();
