// The page at "/": numbers every two seconds, messages as they come. Text of
// devices goes into text nodes only.
'use strict';

const $ = id => document.getElementById(id);
const words = ['EMERG', 'ALERT', 'CRIT', 'ERR', 'WARN', 'NOTICE', 'INFO', 'DEBUG'];
const KEEP = 500; // rows in the list
const number = n => Math.round(n).toLocaleString('en-US');
const perSecond = n => n > 0 && n < 10 ? n.toFixed(1) : number(n);

let zone = 0;            // seconds east of UTC
let names = new Map();   // address -> configured name
let source = null;       // the open EventSource
let last = '';           // id of the last message shown
let query = '';
let live = true;
let held = false;        // somebody reads further up: nothing moves
let waiting = 0;         // messages that came while held
let pending = [];        // rows to draw with the next frame
let skippedNow = 0;
let drawing = false;

function set(id, text) { const e = $(id); if (e.textContent !== text) e.textContent = text; }

function make(tag, cls, text) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
}

// Control characters and overrides of direction are shown, not obeyed.
const visible = s => s.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
  c => c === '\r' ? '' : c.charCodeAt(0) < 256 ? '\\x' + c.charCodeAt(0).toString(16).padStart(2, '0') : '\\u' + c.charCodeAt(0).toString(16));

function clock(us) {
  const d = new Date(us / 1000 + zone * 1000), two = n => String(n).padStart(2, '0');
  const time = two(d.getUTCHours()) + ':' + two(d.getUTCMinutes()) + ':' + two(d.getUTCSeconds());
  return { time: time + '.' + String(d.getUTCMilliseconds()).padStart(3, '0'), day: d.toISOString().slice(0, 10) };
}

// ---- numbers -------------------------------------------------------------

const history = [];
let failures = 0;

async function numbers() {
  try {
    const answer = await fetch('/api/v1/status', { signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error('status ' + answer.status);
    show(await answer.json());
    failures = 0;
    $('lost').hidden = true;
  } catch {
    if (++failures === 2) {
      set('lost', 'Cannot reach Logboom since ' + new Date().toLocaleTimeString() + '. Messages are still being received if the service runs. Trying again…');
      $('lost').hidden = false;
    }
  }
  setTimeout(numbers, document.hidden ? 10000 : 2000);
}

function show(s) {
  zone = s.zone.offset;
  const minutes = Math.abs(zone) / 60;
  set('zone', 'Time UTC' + (zone < 0 ? '−' : '+') + String(Math.floor(minutes / 60)).padStart(2, '0') + ':' + String(minutes % 60).padStart(2, '0'));
  const l = s.ledger;
  set('rate', perSecond(s.rate.received)); set('rate-big', perSecond(s.rate.received));
  set('dropped-top', number(l.dropped)); set('dropped', number(l.dropped));
  $('dropped-badge').className = l.dropped ? 'bad' : 'good';
  $('dropped-card').toggleAttribute('data-bad', l.dropped > 0);
  set('stored', number(l.stored)); set('received', number(l.received)); set('inflight', number(l.in_flight));
  const why = Object.entries(l.dropped_by || {}).filter(([, n]) => n > 0).map(([k, n]) => k + ' ' + number(n));
  set('reasons', why.length ? why.join(' · ') : 'nothing is lost');
  set('devices', number(s.devices)); set('alerts', number(s.alerts.today));
  set('waiting', s.alerts.waiting ? number(s.alerts.waiting) + ' not delivered yet' : number(s.alerts.rules) + ' rules watch');
  set('version', s.version); set('uptime', ago(s.now - s.started_at)); set('directory', s.store.directory);
  document.title = (l.dropped ? '(!) ' : '') + 'Logboom · ' + perSecond(s.rate.received) + '/s';
  $('troubles').replaceChildren(...s.health.problems.map(p => {
    const box = make('div', 'trouble ' + p.state);
    box.append(make('b', '', p.what), ' ', make('span', '', p.fact));
    if (p.hint) box.append(' ', make('span', 'hint', p.hint));
    return box;
  }));
  $('listeners').tBodies[0].replaceChildren(...s.listeners.map(x => {
    const row = make('tr');
    const lost = Object.entries(x.dropped || {}).filter(([, n]) => n > 0).map(([k, n]) => k + ' ' + number(n)).join(' · ');
    row.append(make('td', '', x.name), make('td', 'n', number(x.received)), make('td', 'n', lost || '0'), make('td', x.open ? '' : 'closed', x.open ? 'open' : x.error || 'not open'));
    return row;
  }));
  history.push(s.rate.received);
  if (history.length > 60) history.shift();
  spark();
}

function ago(us) {
  const s = Math.max(0, us / 1e6);
  if (s < 60) return Math.floor(s) + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min';
  if (s < 172800) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
  return Math.floor(s / 86400) + ' days';
}

function spark() {
  if (history.length < 2) return;
  const top = Math.max(...history, 1);
  const points = history.map((v, i) => ((60 - history.length + i) / 59 * 120).toFixed(1) + ' ' + (27 - v / top * 25).toFixed(1));
  $('spark-line').setAttribute('d', 'M' + points.join('L'));
  $('spark-area').setAttribute('d', 'M' + points.join('L') + 'L120 28L' + points[0].split(' ')[0] + ' 28Z');
}

async function devices() {
  try {
    const all = await (await fetch('/api/v1/devices')).json();
    names = new Map(all.devices.filter(d => d.name).map(d => [d.address, d.name]));
    for (const who of list.querySelectorAll('.device')) who.textContent = names.get(who.title) || who.title;
  } catch { /* the numbers say so */ }
  setTimeout(devices, 60000);
}

// ---- messages ------------------------------------------------------------

const list = $('list');
const test = $('empty').dataset.send; // the command that sends a test message

function line(m) {
  const at = clock(m.received_at), row = make('div', 'row s' + m.severity);
  const time = make('span', 'time', at.time), who = make('span', 'device', names.get(m.device) || m.device), sev = make('span', 'sev');
  time.title = at.day + ' ' + at.time + ', message ' + m.id;
  who.title = m.device;
  sev.append(make('span', '', words[m.severity] || String(m.severity)));
  row.append(time, sev, who, make('span', 'app', visible(m.app_name || '')), make('span', 'text', visible(m.message)));
  return row;
}

function draw() {
  drawing = false;
  if (held) return;
  const rows = document.createDocumentFragment();
  for (const m of pending.splice(0)) rows.append(typeof m === 'string' ? make('div', 'gap', m) : line(m));
  if (!rows.childNodes.length) return;
  $('empty')?.remove();
  list.append(rows);
  while (list.childElementCount > KEEP) list.firstElementChild.remove();
  list.scrollTop = list.scrollHeight;
}

function later() {
  if (pending.length > KEEP) pending.splice(0, pending.length - KEEP);
  if (!drawing) { drawing = true; requestAnimationFrame(draw); }
}

function hold(on) {
  if (held === on) return;
  held = on;
  if (!on) { waiting = 0; $('newest').hidden = true; later(); }
  state();
}

function state(text) {
  if (text) { set('state', text); return; }
  if (!live) set('state', 'Not live · as of ' + new Date().toLocaleTimeString());
  else if (held) set('state', 'Live, held while you read');
  else set('state', skippedNow ? 'Live · showing the newest 500 a second, ' + number(skippedNow) + ' left out just now. All are stored; narrow the search to see them' : 'Live');
}

function follow() {
  source?.close();
  if (!live) return;
  const params = new URLSearchParams();
  if (query) params.set('query', query);
  if (last) params.set('after', last);
  source = new EventSource('/api/v1/tail?' + params);
  source.onopen = () => state();
  source.onerror = () => state(source.readyState === EventSource.CLOSED ? 'Not live: too many pages are open, or the query is wrong' : 'Connection lost ' + new Date().toLocaleTimeString() + ', trying again…');
  source.addEventListener('notice', e => { pending.push(JSON.parse(e.data).text); later(); });
  source.addEventListener('messages', e => {
    const b = JSON.parse(e.data);
    if (e.lastEventId) last = e.lastEventId;
    const day = last.split(':')[0];
    skippedNow = b.skipped;
    if (b.skipped) pending.push(number(b.skipped) + ' messages not shown here. All are stored');
    for (const r of b.rows) {
      const m = { };
      b.fields.forEach((f, i) => { m[f] = r[i]; });
      m.id = day + ':' + m.id;
      pending.push(m);
    }
    if (held) {
      waiting += b.rows.length + b.skipped;
      set('newest', '↓ ' + number(waiting) + ' new');
      $('newest').hidden = false;
    }
    later();
    state();
  });
}

async function search() {
  source?.close();
  const asked = query = $('query').value.trim();
  const params = new URLSearchParams({ limit: '200' });
  if (query) params.set('query', query);
  try {
    const answer = await fetch('/api/v1/messages?' + params);
    const body = await answer.json();
    if (asked !== query) return; // an older search
    if (!answer.ok) { explain(body.error); return; }
    $('error').hidden = true;
    held = false; waiting = 0; pending = []; $('newest').hidden = true;
    list.replaceChildren(...body.messages.map(line));
    for (const note of body.notes) list.append(make('div', 'gap', note));
    if (!body.messages.length) {
      const nothing = make('p', 'empty', query ? 'No message matches.' : 'No message yet. Send a test from this machine: ');
      nothing.id = 'empty';
      if (!query) nothing.append(make('code', '', test));
      list.append(nothing);
    }
    last = body.messages.length ? body.messages[body.messages.length - 1].id : '';
    list.scrollTop = list.scrollHeight;
    state();
    follow();
  } catch {
    state('Cannot reach Logboom. Trying again…');
    setTimeout(() => { if (asked === query) search(); }, 4000);
  }
}

// explain shows a mistake in the query at its place.
function explain(e) {
  const box = $('error');
  box.replaceChildren();
  if (e.at !== undefined) {
    const code = make('code', '', query.slice(0, e.at));
    code.append(make('u', '', query.slice(e.at, e.at + Math.max(1, e.length)) || ' '), query.slice(e.at + Math.max(1, e.length)));
    box.append(code, make('br'));
  }
  box.append(e.message);
  if (e.hint) box.append(' ', make('span', 'hint', e.hint));
  box.hidden = false;
  state('Not live · the query cannot be read');
}

$('search').addEventListener('submit', e => { e.preventDefault(); search(); });
$('query').addEventListener('search', () => { if (!$('query').value && query) search(); });
$('live').addEventListener('click', () => {
  live = !live;
  $('live').setAttribute('aria-pressed', String(live));
  if (live) { hold(false); follow(); } else { source?.close(); state(); }
});
$('newest').addEventListener('click', () => hold(false));
list.addEventListener('scroll', () => {
  const below = list.scrollHeight - list.scrollTop - list.clientHeight;
  if (below > 40 && live) hold(true); else if (below < 8) hold(false);
});
list.addEventListener('click', e => {
  const row = e.target.closest('.text') && e.target.closest('.row');
  if (row && !String(getSelection())) row.classList.toggle('open');
});
document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.altKey || e.metaKey || e.target.closest('input, button')) return;
  if (e.key === '/') { e.preventDefault(); $('query').focus(); }
  if (e.key === 'End') hold(false);
});
// A browser opens six connections to one server: a page nobody sees gives its own back.
let hidden = 0;
document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden);
  if (document.hidden) hidden = setTimeout(() => source?.close(), 30000);
  else if (live && (!source || source.readyState === EventSource.CLOSED)) follow();
});

numbers();
devices();
search();
