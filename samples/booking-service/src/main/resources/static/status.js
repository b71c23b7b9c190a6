import { between, byId, timeOfDay, write } from './dom.js';

const INSTANT = /\b\d{4}-\d\d-\d\dT[\d:.]+Z/g;

export function render(snapshot) {
	const { diagnosis, now } = snapshot;
	show(diagnosis.level, diagnosis.title, diagnosis.text.replace(INSTANT, timeOfDay));
	write(byId('diagnosis-when'), diagnosis.nextTry ? nextTry(now, diagnosis.nextTry) : '');
	write(byId('pending'), String(snapshot.pending));
	write(byId('oldest'), snapshot.oldestPending ? between(snapshot.oldestPending, now) : '–');
	write(byId('delivered'), String(snapshot.delivered));
	write(byId('accepted'), snapshot.accepted === null ? '–' : String(snapshot.accepted));
	write(byId('dead'), String(snapshot.dead));
}

function nextTry(now, time) {
	return new Date(time) > new Date(now) ? `The next try is in ${between(now, time)}.` : 'It tries now.';
}

export function lost() {
	show('TROUBLE', 'The application does not answer', 'The page connects again as soon as it does.');
	write(byId('diagnosis-when'), '');
}

function show(level, title, text) {
	byId('diagnosis').dataset.level = level;
	write(byId('diagnosis-title'), title);
	write(byId('diagnosis-text'), text);
}
