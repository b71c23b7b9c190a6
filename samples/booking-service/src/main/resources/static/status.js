import { between, byId, timeOfDay, write } from './dom.js';

export function render(snapshot) {
	const { diagnosis, now } = snapshot;
	show(diagnosis.level, diagnosis.title, diagnosis.text);
	const when = [];
	if (diagnosis.since) {
		when.push(`Since ${timeOfDay(diagnosis.since)}.`);
	}
	if (diagnosis.nextTry) {
		when.push(new Date(diagnosis.nextTry) > new Date(now) ? `The next try is in ${between(now, diagnosis.nextTry)}.` : 'It tries now.');
	}
	write(byId('diagnosis-when'), when.join(' '));
	write(byId('pending'), String(snapshot.pending));
	write(byId('oldest'), snapshot.oldestPending ? between(snapshot.oldestPending, now) : '–');
	write(byId('delivered'), String(snapshot.delivered));
	write(byId('accepted'), snapshot.accepted === null ? '–' : String(snapshot.accepted));
	write(byId('dead'), String(snapshot.dead));
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
