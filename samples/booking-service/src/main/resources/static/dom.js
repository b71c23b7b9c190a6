/** Creates an element with properties, attributes (data-, aria-) and children. */
export function element(name, properties = {}, ...children) {
	const created = document.createElement(name);
	for (const [key, value] of Object.entries(properties)) {
		if (key.includes('-') || key === 'datetime') {
			created.setAttribute(key, value);
		}
		else {
			created[key] = value;
		}
	}
	created.append(...children);
	return created;
}

export const byId = (id) => document.getElementById(id);

/** Changes a text only if it is another one, so that a screen reader says it once. */
export function write(target, text) {
	if (target.textContent !== text) {
		target.textContent = text;
	}
}

const contents = new WeakMap();

/**
 * Keeps one child per item, in order: makes, replaces and removes only what has changed,
 * so that the focus stays where it is.
 */
export function keep(list, items, key, create) {
	const existing = new Map([...list.children].map((child) => [child.dataset.key, child]));
	let previous = null;
	for (const item of items) {
		const id = key(item);
		const content = JSON.stringify(item);
		let child = existing.get(id);
		existing.delete(id);
		if (!child || contents.get(child) !== content) {
			const made = create(item);
			made.dataset.key = id;
			contents.set(made, content);
			if (child) {
				child.replaceWith(made);
			}
			child = made;
		}
		const place = previous ? previous.nextElementSibling : list.firstElementChild;
		if (place !== child) {
			list.insertBefore(child, place);
		}
		previous = child;
	}
	existing.forEach((child) => child.remove());
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** The time of day on this machine. */
export const timeOfDay = (instant) => clock.format(new Date(instant));

/** The time between two instants in words as short as can be. */
export function between(from, to) {
	const seconds = Math.max(0, Math.round((new Date(to) - new Date(from)) / 1000));
	if (seconds < 60) {
		return `${seconds} s`;
	}
	const minutes = Math.floor(seconds / 60);
	return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

export const label = (event) => event.reference ? `${event.type} ${event.reference}` : event.type;

/** A type and, if there is one, the booking's reference. */
export function title(event) {
	const name = element('span', { className: 'name' }, event.type);
	if (event.reference) {
		name.append(element('code', {}, event.reference));
	}
	return name;
}
