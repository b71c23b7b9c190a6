/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * A real server on loopback that answers each request with the next of the given bytes,
 * to misbehave in ways that no HTTP server can be asked to: broken, slow and half
 * answers.
 */
public final class ScriptedServer implements AutoCloseable {

	public static final String NO_CONTENT = "HTTP/1.1 204 No Content\r\nExpires: 0\r\nCache-Control: no-store\r\n\r\n";

	private final ServerSocket serverSocket;

	private final ExecutorService executor = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "scripted-server");
		thread.setDaemon(true);
		return thread;
	});

	private final Deque<Action> script = new ConcurrentLinkedDeque<>();

	private final List<Request> requests = new CopyOnWriteArrayList<>();

	private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

	private final AtomicInteger accepted = new AtomicInteger();

	private final CountDownLatch closed = new CountDownLatch(1);

	private final String scheme;

	public ScriptedServer() {
		this(null, false);
	}

	public ScriptedServer(SSLContext sslContext) {
		this(sslContext, false);
	}

	public ScriptedServer(SSLContext sslContext, boolean needClientAuth) {
		try {
			InetAddress loopback = InetAddress.getByName("127.0.0.1");
			this.serverSocket = (sslContext != null)
					? sslContext.getServerSocketFactory().createServerSocket(0, 50, loopback)
					: new ServerSocket(0, 50, loopback);
			if (this.serverSocket instanceof SSLServerSocket sslServerSocket) {
				sslServerSocket.setNeedClientAuth(needClientAuth);
			}
			this.scheme = (sslContext != null) ? "https" : "http";
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.executor.execute(this::accept);
	}

	public URI baseUrl() {
		return URI.create(this.scheme + "://127.0.0.1:" + this.serverSocket.getLocalPort() + "/airline/v1.1");
	}

	public int port() {
		return this.serverSocket.getLocalPort();
	}

	/**
	 * Add an action for the next request for which there is none yet; when there are none
	 * left, requests are answered with 204.
	 * @param action the action
	 * @return this
	 */
	public ScriptedServer then(Action action) {
		this.script.add(action);
		return this;
	}

	public ScriptedServer thenAnswer(String response) {
		return then((exchange) -> exchange.send(response));
	}

	public ScriptedServer thenStatus(int status, String... headers) {
		return thenAnswer(response(status, "", headers));
	}

	public List<Request> requests() {
		return this.requests;
	}

	public int connectionsAccepted() {
		return this.accepted.get();
	}

	public int connectionsOpen() {
		return this.connections.size();
	}

	public static String response(int status, String body, String... headers) {
		StringBuilder response = new StringBuilder("HTTP/1.1 " + status + " Status\r\n");
		for (String header : headers) {
			response.append(header).append("\r\n");
		}
		return response.append("Content-Length: ")
			.append(body.getBytes(StandardCharsets.UTF_8).length)
			.append("\r\n\r\n")
			.append(body)
			.toString();
	}

	private void accept() {
		while (!this.serverSocket.isClosed()) {
			try {
				Socket socket = this.serverSocket.accept();
				this.accepted.incrementAndGet();
				this.connections.add(socket);
				this.executor.execute(() -> serve(socket));
			}
			catch (IOException ex) {
				return;
			}
		}
	}

	private void serve(Socket socket) {
		try (socket) {
			socket.setTcpNoDelay(true);
			InputStream in = socket.getInputStream();
			for (Request request = read(in); request != null; request = read(in)) {
				this.requests.add(request);
				Action action = this.script.poll();
				if (action != null) {
					action.perform(new Exchange(socket, this.closed));
				}
				else {
					new Exchange(socket, this.closed).send(NO_CONTENT);
				}
				if (socket.isClosed()) {
					return;
				}
			}
		}
		catch (Exception ex) {
			// The client is gone
		}
		finally {
			this.connections.remove(socket);
		}
	}

	private static Request read(InputStream in) throws IOException {
		String requestLine = readLine(in);
		if (requestLine == null || requestLine.isEmpty()) {
			return null;
		}
		Map<String, String> headers = new LinkedHashMap<>();
		for (String line = readLine(in); line != null && !line.isEmpty(); line = readLine(in)) {
			headers.merge(line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT),
					line.substring(line.indexOf(':') + 1).trim(), (first, second) -> first + ", " + second);
		}
		byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
		return new Request(requestLine, headers, body);
	}

	private static String readLine(InputStream in) throws IOException {
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		for (int c = in.read(); c != '\n'; c = in.read()) {
			if (c == -1) {
				return null;
			}
			if (c != '\r') {
				line.write(c);
			}
		}
		return line.toString(StandardCharsets.ISO_8859_1);
	}

	@Override
	public void close() throws IOException {
		this.closed.countDown();
		this.serverSocket.close();
		for (Socket connection : this.connections) {
			connection.close();
		}
		this.executor.shutdownNow();
	}

	@FunctionalInterface
	public interface Action {

		void perform(Exchange exchange) throws Exception;

	}

	public record Request(String requestLine, Map<String, String> headers, byte[] body) {

		public String text() {
			return new String(this.body, StandardCharsets.UTF_8);
		}

		public String header(String name) {
			return this.headers.get(name.toLowerCase(Locale.ROOT));
		}

	}

	public static final class Exchange {

		private final Socket socket;

		private final CountDownLatch closed;

		Exchange(Socket socket, CountDownLatch closed) {
			this.socket = socket;
			this.closed = closed;
		}

		public void send(String text) throws IOException {
			this.socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
			this.socket.getOutputStream().flush();
		}

		public void reset() throws IOException {
			this.socket.setSoLinger(true, 0);
			this.socket.close();
		}

		public void end() throws IOException {
			this.socket.close();
		}

		/**
		 * Say nothing more for this long, or until the server is closed.
		 * @param duration the time
		 */
		public void pause(Duration duration) throws InterruptedException {
			this.closed.await(duration.toMillis(), TimeUnit.MILLISECONDS);
		}

		public void hang() throws InterruptedException {
			this.closed.await();
		}

	}

}
