'use strict';

// The page of the simulator: it shows what the server sends, and sends what is typed.
const $ = (id) => document.getElementById(id);
const hints = ['CAPA', 'USER demo', 'PASS demo', 'STAT', 'LIST', 'UIDL', 'TOP 1 0', 'RETR 1', 'RETR 2', 'DELE 1', 'NOOP', 'RSET', 'QUIT'];
let scenarios = [];
let game = null; // the server that plays, with its sessions
let played = '';
let online = false;

function show(text, kind) {
	const span = document.createElement('span');
	span.textContent = text;
	if (kind) span.className = kind;
	$('session').append(span);
	$('session').scrollTop = $('session').scrollHeight;
}

function state(connected) {
	online = connected;
	for (const id of ['command', 'send', 'disconnect']) $(id).disabled = !connected;
	for (const b of $('hints').children) b.disabled = !connected;
}

const page = {
	said: (text) => show(text),
	note: (text) => show('[' + text + ']\n', 'note'),
	closed: (reason) => { show('\n[' + reason + ']\n', 'note'); state(false); },
};

// chosen returns the scenario of that name, or the first that shows the quirk of that number.
function chosen() {
	const text = $('scenario').value.trim().replace(/^quirk\s*/i, '');
	return scenarios.find((s) => s.name === text) || scenarios.find((s) => (s.quirk || []).includes(Number(text)));
}

function describe() {
	const s = chosen();
	$('connect').disabled = !s;
	const wanted = $('scenario').value.trim();
	$('title').textContent = s ? s.title : wanted && 'There is no scenario or quirk "' + wanted + '".';
	$('why').textContent = s ? s.why : '';
	$('quirks').textContent = s && s.quirk && s.quirk.length ? 'Quirk ' + s.quirk.join(', ') : '';
	const cases = s && s.cases || [];
	$('case').replaceChildren(...cases.map((c) => new Option(c, c)));
	$('case').hidden = document.querySelector('label[for=case]').hidden = cases.length === 0;
	history.replaceState(null, '', s ? '#' + s.name : '#');
}

function connect() {
	const name = chosen().name + ($('case').hidden ? '' : '#' + $('case').value);
	if (!game || name !== played) {
		if (game) game.disconnect();
		$('session').replaceChildren();
		game = pop3sim.play(name, page);
		played = name;
		if (game.error) { page.note(game.error); game = null; return; }
	}
	show('[connecting]\n', 'note');
	game.connect();
	state(true);
	$('verdict').disabled = false;
	$('command').focus();
}

function send(line) {
	if (!online || !line) return;
	show(line + '\n', 'typed');
	game.type(line);
}

addEventListener('pop3sim', () => {
	scenarios = JSON.parse(pop3sim.list());
	$('scenarios').replaceChildren(...scenarios.map((s) => new Option(s.title + (s.quirk ? ' (quirk ' + s.quirk.join(', ') + ')' : ''), s.name)));
	$('scenario').disabled = false;
	$('scenario').placeholder = scenarios.length + ' scenarios, or a quirk';
	$('scenario').value = decodeURIComponent(location.hash.slice(1)) || 'retr-drop';
	describe();
});

$('hints').append(...hints.map((h) => {
	const b = document.createElement('button');
	b.type = 'button';
	b.textContent = h;
	b.disabled = true;
	b.onclick = () => send(h);
	return b;
}));
$('scenario').addEventListener('input', describe);
$('connect').addEventListener('click', connect);
$('disconnect').addEventListener('click', () => { game.disconnect(); state(false); });
$('verdict').addEventListener('click', () => game.verdict((text) => show('\n' + text + '\n', 'note')));
$('line').addEventListener('submit', (e) => {
	e.preventDefault();
	send($('command').value);
	$('command').value = '';
});

// load does without streaming where the server does not send the type application/wasm.
async function load(imports) {
	const response = await fetch('pop3sim.wasm');
	if (!response.ok) throw new Error('pop3sim.wasm: ' + response.status + ' ' + response.statusText);
	const type = (response.headers.get('Content-Type') || '').split(';')[0].trim();
	return type === 'application/wasm' ? WebAssembly.instantiateStreaming(response, imports) :
		WebAssembly.instantiate(await response.arrayBuffer(), imports);
}

const go = new Go();
load(go.importObject)
	.then((r) => go.run(r.instance))
	.catch((e) => page.note('the simulator cannot be loaded: ' + e.message + (location.protocol === 'file:' ?
		'; browsers load it from a web server only: run "python3 -m http.server" in this directory' : '')));
