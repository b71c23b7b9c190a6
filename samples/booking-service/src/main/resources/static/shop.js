import { byId, element, write } from './dom.js';
import { call } from './http.js';

let offers;

export function start() {
	byId('show-offers').addEventListener('click', show);
	byId('booking').addEventListener('submit', confirm);
	byId('rush').addEventListener('click', rush);
}

async function show() {
	offers = await call('POST', 'offers');
	byId('flights').replaceChildren(...offers.flights.map((flight, index) => element('label', {},
			element('input', { type: 'radio', name: 'flight', value: flight.number, checked: index === 0 }),
			element('span', {}, element('span', {}, `${flight.departure}–${flight.arrival} `, element('small', {}, flight.number)),
					` € ${flight.price}`))));
	byId('protection').hidden = !offers.offerId;
	byId('booking').hidden = false;
	write(byId('shop-result'), '');
	requestAnimationFrame(displayed);
}

/** The customer sees the offers: the browser tells the application, and waits for nothing. */
function displayed() {
	if (offers.offerId) {
		const body = JSON.stringify({ time: new Date().toISOString() });
		navigator.sendBeacon('api/offers/displayed', new Blob([body], { type: 'application/json' }));
	}
}

async function confirm(event) {
	event.preventDefault();
	const booking = await call('POST', 'bookings', {
		flight: new FormData(byId('booking')).get('flight'),
		offerId: byId('protect').checked ? offers.offerId : null
	});
	write(byId('shop-result'), `Booking ${booking.reference} is confirmed.`);
}

async function rush() {
	const { bookings } = await call('POST', 'rush');
	write(byId('shop-result'), `${bookings} bookings are confirmed.`);
}
