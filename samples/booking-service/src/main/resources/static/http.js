import { byId, write } from './dom.js';

/** Calls the application. A failure is shown, and thrown. */
export async function call(method, path, body) {
	let response;
	try {
		response = await fetch(`api/${path}`, {
			method,
			headers: body ? { 'Content-Type': 'application/json' } : {},
			body: body ? JSON.stringify(body) : undefined
		});
	}
	catch (failure) {
		write(byId('problem'), 'The application does not answer. Is it still running?');
		throw failure;
	}
	if (!response.ok) {
		const problem = await response.json().catch(() => ({}));
		write(byId('problem'), problem.detail || `The application answered ${response.status}.`);
		throw new Error(`${method} ${path}: ${response.status}`);
	}
	write(byId('problem'), '');
	return response.status === 204 ? null : response.json();
}
