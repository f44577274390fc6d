'use strict';
(() => {
  const byId = id => document.getElementById(id);
  const size = 50;
  // Text of objects is shown, never read as markup; what does not print, or turns the direction of text, is shown as an escape.
  const printable = s => String(s).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu, c => '\\u' + c.codePointAt(0).toString(16).padStart(4, '0'));
  const make = (tag, content, className) => {
    const e = document.createElement(tag);
    if (className) e.className = className;
    for (const part of [].concat(content === undefined || content === null ? [] : content)) e.append(part instanceof Node ? part : printable(part));
    return e;
  };
  const badge = (text, kind) => make('span', text, 'badge ' + kind);
  const code = text => make('code', text);
  const small = text => make('small', text);
  const few = (list, n = 6) => list.length > n ? list.slice(0, n).join(', ') + ` and ${list.length - n} more` : list.join(', ');
  const number = n => Number(n).toLocaleString('en');
  const when = t => { const e = make('time', t.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')); e.dateTime = t; return e; };
  const day = t => { const e = make('time', t.slice(0, 10)); e.dateTime = t; return e; };
  const kinds = { valid: 'good', up: 'good', expiring: 'warn', degraded: 'warn', early: 'warn', expired: 'bad', closed: 'bad', down: 'bad', empty: 'bad', error: 'bad', warning: 'warn', info: 'plain' };
  const states = { live: 'good', waiting: 'warn', starting: 'warn', stale: 'bad', down: 'bad' };
  const object = o => (o.namespace ? `${o.kind} ${o.namespace}/${o.name}` : `${o.kind || ''} ${o.name || ''}`.trim());

  // A table: its title, what its badge in the navigation counts, and its columns with how a cell is made.
  const tables = {
    hosts: { title: 'Hosts', total: t => t.hosts, bad: 'only hosts with something closed', columns: [
      ['host', r => [code(r.name), r.aliases && small('also ' + few(r.aliases))]],
      ['certificate', r => r.passthrough ? 'of its servers' : r.certificate || 'the default'],
      ['client certificate', r => !r.clientCert ? 'not asked for' : r.clientCert === 'deny' ? badge('closed', 'bad') : r.clientCert],
      ['routes', r => [number(r.routes), r.closed ? badge(`${number(r.closed)} closed`, 'bad') : null], 'n'],
      ['Ingresses', r => few(r.ingresses)]] },
    routes: { title: 'Routes', total: t => t.routes, note: t => t.closedRoutes && `${number(t.closedRoutes)} closed`, bad: 'only closed routes', columns: [
      ['host', r => code(r.host)], ['path', r => [code(r.path), small(r.kind)]],
      ['does', r => [r.closed ? badge('closed', 'bad') : r.action, r.canary ? small('canary ' + r.canary) : null]],
      ['target', r => r.target], ['Ingress', r => r.ingress]] },
    clientcerts: { title: 'Client certificates', total: t => t.clientCertificatePolicies, bad: 'only closed or expired', columns: [
      ['host', r => code(r.host)], ['state', r => badge(r.state, kinds[r.state])],
      ['asked for', r => [r.verify, r.reason ? small(r.reason) : null, r.matchCN ? small('subject matches ' + r.matchCN) : null, r.errorPage ? small('else to ' + r.errorPage) : null]],
      ['authorities', r => [r.secret ? `Secret ${r.secret}` : '', ...r.authorities.slice(0, 4).map(a => small(`${a.subject}, until ${a.notAfter.slice(0, 10)}`)), r.authorities.length > 4 ? small(`and ${r.authorities.length - 4} more`) : null]],
      ['revocation', r => r.revocation ? (r.nextUpdate ? ['until ', day(r.nextUpdate)] : 'checked') : 'not checked'], ['decided by', r => r.from]] },
    certificates: { title: 'Certificates', total: t => t.certificates, note: t => t.expiringCertificates && `${number(t.expiringCertificates)} end soon`, bad: 'only those that end within 30 days', columns: [
      ['Secret', r => [r.secret ? code(r.secret) : 'made at start', r.default ? small('the default') : null]], ['state', r => badge(r.state, kinds[r.state])],
      ['ends', r => [day(r.notAfter), small(r.days < 0 ? 'it has ended' : `in ${number(r.days)} days`)]],
      ['names', r => few(r.names)], ['shown by hosts', r => few(r.hosts)], ['issuer', r => r.issuer]] },
    backends: { title: 'Backends', total: t => t.backends, note: t => t.backendsWithoutEndpoints && `${number(t.backendsWithoutEndpoints)} empty`, of: 'ports of Services', bad: 'only those that are not well', columns: [
      ['Ingress', r => r.ingress], ['Service', r => code(r.service)], ['health', r => badge(r.state, kinds[r.state])],
      ['servers', r => { const list = make('ul', r.servers.slice(0, 8).map(s => make('li', [code(s.address), ' ' + s.status.toLowerCase()]))); if (r.servers.length > 8) list.append(make('li', `and ${r.servers.length - 8} more`)); return list; }],
      ['requests', r => number(r.requests), 'n'], ['under way', r => number(r.inFlight), 'n'], ['2xx', r => number(r.responses[2]), 'n'], ['3xx', r => number(r.responses[3]), 'n'],
      ['4xx', r => number(r.responses[4]), 'n'], ['5xx', r => number(r.responses[5]), 'n'], ['connect errors', r => number(r.connectErrors), 'n']] },
    ports: { title: 'TCP ports', total: t => t.tcpPorts, bad: 'only those without endpoints', columns: [
      ['port', r => String(r.port)], ['Service', r => code(r.backend)], ['endpoints', r => r.endpoints ? number(r.endpoints) : badge('none', 'bad'), 'n']] },
    issues: { title: 'Issues', total: t => t.issues.error + t.issues.warning + t.issues.info, note: t => t.withheld && `${number(t.withheld)} withheld`, bad: 'only errors', columns: [
      ['severity', r => badge(r.severity, kinds[r.severity])], ['object', r => [object(r.object), r.object.file ? small(r.object.line ? `${r.object.file}:${r.object.line}` : r.object.file) : null]],
      ['what', r => [r.field ? code(r.field) : '', r.field ? ': ' : '', r.message, small(r.code)]], ['effect', r => r.effect],
      ['write instead', r => r.suggestion ? make('pre', r.suggestion.trimEnd().split('\n').map((l, i) => [i ? document.createTextNode('\n') : '', l]).flat()) : '']] },
    changes: { title: 'Changes', total: () => null, of: 'last, UTC', bad: 'only failures', columns: [
      ['when', r => when(r.at)], ['how', r => r.reload ? 'reload' : `${number(r.commands)} commands`], ['result', r => r.error ? badge('failed', 'bad') : badge('live', 'good')],
      ['why', r => [(r.reasons || []).join(', '), r.error ? make('pre', r.error.split('\n').map((l, i) => [i ? document.createTextNode('\n') : '', l]).flat()) : null]],
      ['compile', r => `${r.compileMillis.toFixed(1)} ms`, 'n'], ['apply', r => `${r.applyMillis.toFixed(1)} ms`, 'n']] },
  };

  const at = { table: 'hosts', q: '', problems: false, offset: 0 };
  let drawn = '', timer = 0, asked = 0;

  const fromAddress = () => {
    const p = new URLSearchParams(location.hash.slice(1));
    at.table = Object.hasOwn(tables, p.get('table')) ? p.get('table') : 'hosts';
    at.q = p.get('q') || '';
    at.problems = p.get('problems') === 'true';
    at.offset = Math.max(0, parseInt(p.get('offset'), 10) || 0);
    byId('q').value = at.q;
    byId('problems').checked = at.problems;
    refresh();
  };
  const hashOf = (table, more = {}) => '#' + new URLSearchParams({ table, ...more });
  const toAddress = () => {
    history.replaceState(null, '', hashOf(at.table, { ...(at.q && { q: at.q }), ...(at.problems && { problems: true }), ...(at.offset && { offset: at.offset }) }));
    refresh();
  };

  const links = {};
  for (const [name, t] of Object.entries(tables)) {
    const count = make('b', '–'), note = make('small', '');
    const link = make('a', [make('span', t.title), count, note]);
    link.href = hashOf(name);
    links[name] = { link, count, note };
    byId('tables').append(link);
  }

  const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const drawHead = v => {
    set(byId('version'), v.version ? ', version ' + printable(v.version) : '');
    set(byId('sentence'), v.text);
    set(byId('state'), v.state);
    byId('state').className = 'badge ' + (states[v.state] || 'plain');
    const h = v.haproxy, old = h.oldWorkers ? `, ${h.oldWorkers} old ${h.oldWorkers === 1 ? 'worker ends' : 'workers end'} connections` : '';
    set(byId('process'), (v.since ? `Last change ${v.since.replace('T', ' ').slice(0, 19)} UTC. ` : '') +
      (h.up ? `HAProxy runs: master ${h.master}, worker ${h.worker}${old}${h.restarts ? `, started anew ${h.restarts} times` : ''}. Without a reload it changes ${h.atRunTime}.` : 'HAProxy does not run.'));
    byId('failed').hidden = !v.failed;
    if (v.failed) { set(byId('failed-at'), v.failed.at.replace('T', ' ').slice(0, 19) + ' UTC'); set(byId('failed-text'), v.failed.error.split('\n').map(printable).join('\n')); }
    for (const [name, t] of Object.entries(tables)) {
      const total = t.total(v.totals), note = t.note ? t.note(v.totals) : '';
      set(links[name].count, total === null ? (v.since ? v.since.slice(11, 16) : '–') : number(total));
      set(links[name].note, note || t.of || '');
      links[name].note.className = note ? 'bad' : '';
      if (name === at.table) links[name].link.setAttribute('aria-current', 'page'); else links[name].link.removeAttribute('aria-current');
    }
  };
  const drawTable = v => {
    const t = v.table, def = tables[t.name];
    set(byId('heading'), def.title);
    set(byId('problems-label'), def.bad);
    document.title = `Hawser: ${v.state}, ${def.title}`;
    byId('head').replaceChildren(make('tr', def.columns.map(([name, , kind]) => { const th = make('th', name, kind); th.scope = 'col'; return th; })));
    byId('rows').replaceChildren(...t.rows.map(r => make('tr', def.columns.map(([, cell, kind], i) => {
      const e = make(i ? 'td' : 'th', [].concat(cell(r)).filter(part => part !== null && part !== undefined), kind);
      if (!i) e.scope = 'row';
      return e;
    }))));
    const all = number(t.total), matched = number(t.matched), what = def.title.toLowerCase();
    set(byId('shown'), t.missing || (t.matched === t.total ? `${all} ${what}` : `${matched} of ${all} ${what}`));
    byId('none').hidden = t.rows.length > 0 || !!t.missing;
    set(byId('where'), t.rows.length ? `${number(t.offset + 1)} to ${number(t.offset + t.rows.length)} of ${matched}` : '');
    byId('previous').disabled = t.offset === 0;
    byId('next').disabled = t.offset + t.rows.length >= t.matched;
    byId('previous').parentElement.hidden = t.matched <= size && t.offset === 0;
  };
  const draw = v => {
    drawHead(v);
    const now = JSON.stringify(v.table);
    if (now !== drawn) { drawn = now; drawTable(v); } // what is the same stays as it is, with its focus and selection
  };

  const refresh = async () => {
    clearTimeout(timer);
    const mine = ++asked, address = '/status.json?' + new URLSearchParams({ table: at.table, q: at.q, problems: at.problems, offset: at.offset, limit: size });
    byId('json').href = address;
    try {
      const answer = await fetch(address, { credentials: 'same-origin' });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const view = await answer.json();
      if (mine !== asked) return; // a later question is under way
      if (view.table.rows.length === 0 && at.offset > 0) { at.offset = Math.max(0, Math.floor((view.table.matched - 1) / size) * size); toAddress(); return; }
      draw(view);
    } catch (e) {
      if (mine !== asked) return;
      set(byId('state'), 'unreachable');
      byId('state').className = 'badge bad';
      set(byId('sentence'), `The controller does not answer (${printable(e.message)}). What is below may be old.`);
    }
    const pace = Number(byId('pace').value);
    if (pace && !document.hidden) timer = setTimeout(refresh, pace);
  };

  let typing = 0;
  byId('q').addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(() => { at.q = byId('q').value.trim(); at.offset = 0; toAddress(); }, 150); });
  byId('problems').addEventListener('change', () => { at.problems = byId('problems').checked; at.offset = 0; toAddress(); });
  byId('filter').addEventListener('submit', event => event.preventDefault());
  byId('pace').addEventListener('change', refresh);
  byId('previous').addEventListener('click', () => { at.offset = Math.max(0, at.offset - size); toAddress(); });
  byId('next').addEventListener('click', () => { at.offset += size; toAddress(); });
  document.querySelector('.skip').addEventListener('click', event => { event.preventDefault(); byId('content').focus(); });
  addEventListener('hashchange', fromAddress);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
  document.addEventListener('keydown', event => {
    if (event.key === '/' && !event.target.closest('input, select, textarea')) { event.preventDefault(); byId('q').focus(); }
  });
  fromAddress();
})();
