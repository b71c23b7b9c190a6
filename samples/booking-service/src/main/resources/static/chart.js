import { byId, write } from './dom.js';

const WIDTH = 600;
const TOP = 10;
const BOTTOM = 119;
const SPAN = 180_000;

export function render(snapshot) {
	const now = new Date(snapshot.now);
	const backlog = snapshot.backlog.filter((sample) => now - new Date(sample.at) <= SPAN);
	const most = Math.max(4, ...backlog.map((sample) => Math.max(sample.pending, sample.dead)));
	const x = (sample) => (WIDTH - (now - new Date(sample.at)) / SPAN * WIDTH).toFixed(1);
	const y = (count) => (BOTTOM - count / most * (BOTTOM - TOP)).toFixed(1);
	const path = (of) => backlog.map((sample, index) => `${index ? 'L' : 'M'}${x(sample)} ${y(of(sample))}`).join('');
	const chart = byId('chart');
	const waiting = path((sample) => sample.pending);
	chart.querySelector('.line').setAttribute('d', waiting);
	chart.querySelector('.area').setAttribute('d', waiting && `${waiting}L${WIDTH} ${BOTTOM}L${x(backlog[0])} ${BOTTOM}Z`);
	chart.querySelector('path.dead').setAttribute('d', backlog.some((sample) => sample.dead) ? path((sample) => sample.dead) : '');
	const last = backlog.at(-1) ?? { pending: 0, dead: 0 };
	chart.setAttribute('aria-label', `Events that wait, in the last three minutes: ${last.pending} now, `
			+ `${Math.max(0, ...backlog.map((sample) => sample.pending))} at the most. Dead letters: ${last.dead}.`);
	write(byId('chart-most'), String(most));
}
