import { byId, element, keep, label, timeOfDay, title } from './dom.js';
import { call } from './http.js';

export function render({ deadLetters }) {
	const list = byId('letters');
	const focused = list.contains(document.activeElement);
	keep(list, deadLetters, (letter) => letter.id, describe);
	byId('dead-letters').hidden = deadLetters.length === 0;
	if (focused && !list.contains(document.activeElement)) {
		// What had the focus is gone
		(list.querySelector('button') ?? byId('live')).focus({ preventScroll: true });
	}
}

function describe(letter) {
	return element('li', {},
			element('div', {}, title(letter),
					element('p', {}, `${letter.message} Given up at ${timeOfDay(letter.deadSince)}.`)),
			element('div', { className: 'actions' },
					action('Replay', letter, () => call('POST', `dead-letters/${letter.id}/replay`)),
					action('Discard', letter, () => call('DELETE', `dead-letters/${letter.id}`))));
}

function action(name, letter, act) {
	const button = element('button', { type: 'button', className: 'small', 'aria-label': `${name} ${label(letter)}` }, name);
	button.addEventListener('click', act);
	return button;
}
