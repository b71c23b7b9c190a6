import { between, byId, element, keep, label, timeOfDay, title, write } from './dom.js';

const ENDS = { DELIVERED: 'is delivered', DEAD: 'is a dead letter', DISCARDED: 'is discarded' };

let known;

export function render({ events, now, diagnosis }) {
	byId('timeline-empty').hidden = events.length > 0;
	keep(byId('timeline'), events.map((event) => ({ ...event, due: due(event, now, diagnosis.paused) })), (event) => event.id, describe);
	announce(events);
}

function due(event, now, paused) {
	const next = event.steps.find((step) => step.kind === 'next');
	if (!next) {
		return null;
	}
	if (new Date(next.at) > new Date(now)) {
		return `in ${between(now, next.at)}`;
	}
	return paused ? 'after the pause' : 'now';
}

function describe(event) {
	return element('li', { 'data-type': event.type, 'data-state': event.state }, title(event),
			element('ol', { className: 'steps' }, ...event.steps.map((step) => describeStep(step, event.due))));
}

function describeStep(step, due) {
	const item = element('li', { className: step.kind }, element('span', {}, step.name));
	if (step.answer) {
		item.append(element('b', {}, step.answer));
	}
	item.append(element('time', { datetime: step.at }, step.kind === 'next' ? due : timeOfDay(step.at)));
	return item;
}

/** Says aloud what has changed, and not what the page was opened with. */
function announce(events) {
	const states = new Map(events.map((event) => [event.id, event.state]));
	if (known) {
		const ended = events.filter((event) => event.state in ENDS && known.get(event.id) !== event.state);
		if (ended.length > 3) {
			write(byId('announcer'), `${ended.length} events have changed.`);
		}
		else if (ended.length > 0) {
			write(byId('announcer'), ended.map((event) => `${label(event)} ${ENDS[event.state]}.`).join(' '));
		}
	}
	known = states;
}
