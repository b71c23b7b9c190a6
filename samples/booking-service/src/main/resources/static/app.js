import * as chart from './chart.js';
import * as controls from './controls.js';
import * as letters from './letters.js';
import * as shop from './shop.js';
import * as status from './status.js';
import * as timeline from './timeline.js';

const views = [status, controls, chart, letters, timeline];

shop.start();
controls.start();

const live = new EventSource('api/live');
live.addEventListener('message', (message) => {
	const snapshot = JSON.parse(message.data);
	views.forEach((view) => view.render(snapshot));
});
live.addEventListener('error', () => status.lost());
