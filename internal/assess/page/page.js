'use strict';
(() => {
  const byId = id => document.getElementById(id);
  const form = byId('filter'), list = byId('list'), rows = [...list.children], shown = byId('shown'), expand = byId('expand');
  const text = new Map();
  const textOf = row => {
    if (!text.has(row)) text.set(row, (row.dataset.name + ' ' + row.textContent + ' ' + row.dataset.annotations).toLowerCase());
    return text.get(row);
  };
  const orders = {
    risk: null,
    name: (a, b) => a.dataset.name < b.dataset.name ? -1 : a.dataset.name > b.dataset.name ? 1 : 0,
    host: (a, b) => a.dataset.host < b.dataset.host ? -1 : a.dataset.host > b.dataset.host ? 1 : 0,
    findings: (a, b) => b.dataset.findings - a.dataset.findings,
  };
  let order = 'risk';
  const filter = () => {
    const words = byId('q').value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcomes = new Set([...form.querySelectorAll('[name=outcome]:checked')].map(box => box.value));
    const namespace = byId('namespace').value, cls = byId('class').value, annotation = byId('annotation').value;
    let count = 0;
    for (const row of rows) {
      const d = row.dataset;
      const show = outcomes.has(d.outcome) && (!namespace || d.namespace === namespace) && (!cls || d.class === cls) &&
        (!annotation || d.annotations.split(' ').includes(annotation)) && words.every(word => textOf(row).includes(word));
      row.hidden = !show;
      if (show) count++;
    }
    shown.textContent = count === rows.length ? `${count} Ingresses` : `${count} of ${rows.length} Ingresses`;
    byId('none').hidden = count > 0;
  };
  const sort = () => {
    if (byId('order').value === order) return;
    order = byId('order').value;
    list.append(...(orders[order] ? [...rows].sort(orders[order]) : rows));
  };
  const update = () => { sort(); filter(); };
  let waiting = 0;
  form.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(update, 80); });
  form.addEventListener('reset', () => setTimeout(update, 0));
  form.addEventListener('submit', event => { event.preventDefault(); update(); });
  const openAll = open => {
    for (const row of rows) {
      const details = row.hidden ? null : row.querySelector('details');
      if (details) details.open = open;
    }
  };
  expand.addEventListener('click', () => {
    const open = expand.getAttribute('aria-pressed') !== 'true';
    expand.setAttribute('aria-pressed', open);
    expand.textContent = open ? 'Close all' : 'Open all';
    openAll(open);
  });
  for (const button of document.querySelectorAll('button.only')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      form.reset();
      byId('annotation').value = button.dataset.key;
      update();
      byId('ingresses').focus();
      byId('ingresses').scrollIntoView();
    });
  }
  document.addEventListener('keydown', event => {
    if (event.key === '/' && !event.target.closest('input, select, textarea')) { event.preventDefault(); byId('q').focus(); }
  });
  form.hidden = false;
})();
