import { byId, write } from './dom.js';
import { call } from './http.js';

let stopped = false;
let asking = 0;

export function start() {
	byId('api').addEventListener('change', (event) => ask('simulator', { mode: event.target.value }));
	byId('api').addEventListener('submit', (event) => event.preventDefault());
	byId('relay').addEventListener('click', () => ask('relay', { running: stopped }));
}

async function ask(path, body) {
	asking++;
	try {
		await call('PUT', path, body);
	}
	finally {
		asking--;
	}
}

export function render(snapshot) {
	if (asking > 0) {
		return;
	}
	byId('api').elements.mode.value = snapshot.api;
	byId('api').dataset.mode = snapshot.api;
	stopped = snapshot.stopped;
	write(byId('relay'), stopped ? 'Start the relay again' : 'Stop the relay');
	write(byId('relay-text'), stopped ? 'Nothing is delivered. Bookings go on, and what is stored waits.'
			: 'It delivers what is stored. Bookings go on without it.');
}
