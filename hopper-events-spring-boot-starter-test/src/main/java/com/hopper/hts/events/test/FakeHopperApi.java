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
package com.hopper.hts.events.test;

import java.io.ByteArrayOutputStream;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.concurrent.GlobalEventExecutor;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.util.Logger;
import reactor.util.Loggers;
import tools.jackson.databind.JsonNode;

/**
 * A local stand-in of the Hopper Airline API: a real HTTP server on loopback that checks
 * every request to {@code /events}, {@code /auth} and {@code /sessions} as strictly as
 * the real one, keeps what it received, and fails on demand. It can be told what to do by
 * method calls and by HTTP, below {@code /simulator}. Safe for use by many threads.
 *
 * @since 0.1.0
 */
public final class FakeHopperApi implements AutoCloseable {

	private static final Logger logger = Loggers.getLogger(FakeHopperApi.class);

	private static final int MAX_BODY_SIZE = 1024 * 1024;

	private final Builder settings;

	private final EventContract contract;

	private final Set<String> tokens = ConcurrentHashMap.newKeySet();

	private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

	private final DisposableServer server;

	private final Object monitor = new Object();

	private final List<ReceivedRequest> requests = new ArrayList<>();

	private final Deque<Fault> faults = new ArrayDeque<>();

	private double faultProbability;

	private Random random = new Random(0);

	private List<Fault> randomFaults = List.of();

	private FakeHopperApi(Builder builder) {
		this.settings = builder;
		this.contract = new EventContract(Set.copyOf(builder.customEventTypes), Set.copyOf(builder.unknownSessions),
				builder.requireSession);
		this.tokens.addAll(builder.tokens);
		this.server = HttpServer.create()
			.host("127.0.0.1")
			.port(builder.port)
			// Not doOnConnection, which is called with the first request only
			.doOnChannelInit((observer, channel, address) -> this.connections.add(channel))
			.handle(this::handle)
			.bindNow(Duration.ofSeconds(30));
	}

	/**
	 * Create a builder.
	 * @return the builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Return the base URL, for {@code hopper.base-url}.
	 * @return the base URL
	 */
	public String baseUrl() {
		return "http://127.0.0.1:" + port() + this.settings.pathPrefix;
	}

	/**
	 * Return the port.
	 * @return the port
	 */
	public int port() {
		return this.server.port();
	}

	/**
	 * Return all requests to the API in the order of arrival.
	 * @return a copy of the list
	 */
	public List<ReceivedRequest> requests() {
		synchronized (this.monitor) {
			return List.copyOf(this.requests);
		}
	}

	/**
	 * Return the events that were accepted in the order of arrival.
	 * @return a copy of the list
	 */
	public List<ReceivedRequest> events() {
		return requests().stream().filter(ReceivedRequest::accepted).toList();
	}

	/**
	 * Let the next requests to {@code /events} fail. Several calls queue up.
	 * @param count how many requests
	 * @param fault what happens to them
	 */
	public void failNext(int count, Fault fault) {
		synchronized (this.monitor) {
			for (int i = 0; i < count; i++) {
				this.faults.add(fault);
			}
		}
	}

	/**
	 * Let requests to {@code /events} fail at random.
	 * @param probability how likely a request fails, from 0 (off) to 1
	 * @param seed the seed of the random numbers
	 * @param faults what happens to them, each as likely as the other
	 */
	public void failRandomly(double probability, long seed, Fault... faults) {
		if (!(probability >= 0 && probability <= 1)) {
			throw new IllegalArgumentException("'probability' must be between 0 and 1, but is " + probability);
		}
		if (probability > 0 && faults.length == 0) {
			throw new IllegalArgumentException("'faults' must not be empty");
		}
		synchronized (this.monitor) {
			this.faultProbability = probability;
			this.random = new Random(seed);
			this.randomFaults = List.of(faults);
		}
	}

	/**
	 * Forget all faults.
	 */
	public void clearFaults() {
		synchronized (this.monitor) {
			this.faults.clear();
			this.faultProbability = 0;
		}
	}

	/**
	 * Forget all faults and all that was received.
	 */
	public void reset() {
		synchronized (this.monitor) {
			clearFaults();
			this.requests.clear();
		}
	}

	/**
	 * Accept a token from now on.
	 * @param token the token
	 */
	public void acceptToken(String token) {
		this.tokens.add(token);
	}

	/**
	 * Answer a token with {@code 401} from now on.
	 * @param token the token
	 */
	public void revokeToken(String token) {
		this.tokens.remove(token);
	}

	/**
	 * Return how many connections are open.
	 * @return the number of connections
	 */
	public int openConnections() {
		return this.connections.size();
	}

	/**
	 * Stop the server.
	 */
	@Override
	public void close() {
		this.server.disposeNow(Duration.ofSeconds(5));
		this.connections.close().awaitUninterruptibly(5_000);
	}

	private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
		return body(request).flatMap((body) -> {
			String path = path(request.uri());
			if (path.startsWith("/simulator/")) {
				return control(request.method().name(), path, body, response);
			}
			return api(request, response, path, body);
		});
	}

	/**
	 * Return the path as it was sent: nothing is decoded, and nothing can be malformed.
	 * @param uri the target of the request, a path or (from a client that believes to
	 * talk to a proxy) a complete URL
	 * @return the path without the query
	 */
	private static String path(String uri) {
		int start = uri.startsWith("http://") ? uri.indexOf('/', "http://".length()) : 0;
		int query = uri.indexOf('?');
		String path = (query >= 0) ? uri.substring(0, query) : uri;
		return (start >= 0 && start <= path.length()) ? path.substring(start) : "/";
	}

	private static Mono<Body> body(HttpServerRequest request) {
		// Read to the end even if it is too long, so that the answer is not lost in a
		// reset
		ByteArrayOutputStream content = new ByteArrayOutputStream();
		int[] size = new int[1];
		return request.receive().doOnNext((buffer) -> {
			size[0] += buffer.readableBytes();
			if (size[0] <= MAX_BODY_SIZE) {
				byte[] bytes = new byte[buffer.readableBytes()];
				buffer.getBytes(buffer.readerIndex(), bytes);
				content.writeBytes(bytes);
			}
		})
			.then(Mono.fromSupplier(() -> new Body(content.toString(StandardCharsets.UTF_8),
					isUtf8(content.toByteArray()), size[0] > MAX_BODY_SIZE)));
	}

	private static boolean isUtf8(byte[] bytes) {
		try {
			StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
			return true;
		}
		catch (CharacterCodingException ex) {
			return false;
		}
	}

	private Mono<Void> api(HttpServerRequest request, HttpServerResponse response, String path, Body body) {
		boolean events = path.equals(this.settings.pathPrefix + "/events");
		Fault fault = (events && request.method().name().equals("POST")) ? nextFault() : null;
		Mono<Void> answer = Mono.defer(() -> answer(request, response, path, body, fault));
		if (fault == null || fault.delay().isZero()) {
			return answer;
		}
		// A client that does not wait takes its event with it, but it was here
		return Mono.delay(fault.delay()).doOnCancel(() -> record(request, path, body, 0, null)).then(answer);
	}

	private @Nullable Fault nextFault() {
		synchronized (this.monitor) {
			Fault fault = this.faults.poll();
			if (fault == null && this.faultProbability > 0 && this.random.nextDouble() < this.faultProbability) {
				fault = this.randomFaults.get(this.random.nextInt(this.randomFaults.size()));
			}
			return fault;
		}
	}

	private Mono<Void> answer(HttpServerRequest request, HttpServerResponse response, String path, Body body,
			@Nullable Fault fault) {
		if (fault != null && fault.resets() == Fault.Reset.BEFORE_ACCEPTING) {
			record(request, path, body, 0, null);
			return reset(response);
		}
		if (fault != null && fault.status() != 0) {
			record(request, path, body, fault.status(), null);
			return send(response, fault.status(), "", fault.retryAfter());
		}
		try {
			Answer answer = process(request, path, body);
			if (fault != null && fault.resets() != Fault.Reset.NEVER) {
				record(request, path, body, 0, answer.eventType());
				return (fault.resets() == Fault.Reset.WITHIN_ANSWER) ? sendHalf(response) : reset(response);
			}
			record(request, path, body, answer.status(), answer.eventType());
			response.header("Expires", "0").header("Cache-Control", "no-cache, no-store, must-revalidate");
			return send(response, answer.status(), answer.body(), null);
		}
		catch (Refusal refusal) {
			record(request, path, body, refusal.status(), null);
			return send(response, refusal.status(), refusal.body(), null);
		}
	}

	private Answer process(HttpServerRequest request, String path, Body body) {
		if (path.equals("/oauth/token") && request.method().name().equals("POST")) {
			return signInAtIdentityProvider(request, body.text());
		}
		if (!path.startsWith(this.settings.pathPrefix + "/")) {
			throw Refusal.status(404);
		}
		String endpoint = path.substring(this.settings.pathPrefix.length());
		if (!endpoint.equals("/events") && !endpoint.equals("/sessions") && !endpoint.equals("/auth")) {
			throw Refusal.status(404);
		}
		if (!request.method().name().equals("POST")) {
			throw Refusal.status(405);
		}
		if (!endpoint.equals("/auth")) {
			checkToken(request.requestHeaders().getAll("Authorization"));
		}
		if (body.tooLong()) {
			throw Refusal.status(413);
		}
		checkMediaTypes(request);
		if (!body.utf8()) {
			throw Refusal.malformed(null, "The body is not valid UTF-8");
		}
		return switch (endpoint) {
			case "/events" ->
				new Answer(204, "", this.contract.check(body.text(), request.requestHeaders().getAll("HC-Session-ID")));
			case "/sessions" -> new Answer(201, Json.write(Map.of("id", SessionContract.check(body.text()))), null);
			default -> signIn(body.text());
		};
	}

	private void checkToken(List<String> authorization) {
		String token = (authorization.size() == 1 && authorization.get(0).startsWith("Bearer "))
				? authorization.get(0).substring(7) : "";
		if (this.settings.forbiddenTokens.contains(token)) {
			throw Refusal.status(403);
		}
		if (!this.tokens.contains(token)) {
			throw Refusal.status(401);
		}
	}

	private static void checkMediaTypes(HttpServerRequest request) {
		List<String> contentType = request.requestHeaders().getAll("Content-Type");
		if (contentType.size() != 1 || !contentType.get(0)
			.toLowerCase(Locale.ROOT)
			.matches("application/json( *; *charset *= *\"?utf-8\"?)?")) {
			throw Refusal.malformed("Content-Type", "The header Content-Type must be application/json");
		}
		if (!allowsJson(request.requestHeaders().getAll("Accept"))) {
			throw Refusal.malformed("Accept", "The header Accept must allow application/json");
		}
	}

	private static boolean allowsJson(List<String> accept) {
		if (accept.isEmpty()) {
			return true;
		}
		// Of the ranges that match, the most specific one decides
		Map<String, Boolean> allowed = new HashMap<>();
		for (String range : String.join(",", accept)
			.toLowerCase(Locale.ROOT)
			.replaceAll("\"[^\"]*\"|\\s", "")
			.split(",", -1)) {
			int parameters = range.indexOf(';');
			String type = (parameters >= 0) ? range.substring(0, parameters) : range;
			allowed.merge(type, !range.matches(".*;q=0(\\.0*)?(;.*)?"), Boolean::logicalOr);
		}
		for (String type : List.of("application/json", "application/*")) {
			Boolean decision = allowed.get(type);
			if (decision != null) {
				return decision;
			}
		}
		return allowed.getOrDefault("*/*", false);
	}

	private Answer signIn(String body) {
		JsonNode credentials = Json.readObject(body);
		Json.refuseUnknown(credentials, Set.of("client_id", "client_secret"));
		String clientId = Json.requireString(credentials, "client_id");
		String clientSecret = Json.requireString(credentials, "client_secret");
		if (!clientId.equals(this.settings.clientId) || !clientSecret.equals(this.settings.clientSecret)) {
			throw Refusal.status(401);
		}
		return new Answer(201, Json.write(issueToken()), null);
	}

	/**
	 * The identity provider of the stand-in: OAuth 2 client credentials.
	 */
	private Answer signInAtIdentityProvider(HttpServerRequest request, String body) {
		if (!request.requestHeaders()
			.get("Content-Type", "")
			.toLowerCase(Locale.ROOT)
			.startsWith("application/x-www-form-urlencoded")) {
			return new Answer(400, oauthError("invalid_request"), null);
		}
		Map<String, List<String>> form = new QueryStringDecoder(body, false).parameters();
		String clientId = form.getOrDefault("client_id", List.of("")).get(0);
		String clientSecret = form.getOrDefault("client_secret", List.of("")).get(0);
		String basic = request.requestHeaders().get("Authorization", "");
		if (basic.startsWith("Basic ")) {
			try {
				String[] credentials = new String(Base64.getDecoder().decode(basic.substring(6)),
						StandardCharsets.UTF_8)
					.split(":", 2);
				clientId = URLDecoder.decode(credentials[0], StandardCharsets.UTF_8);
				clientSecret = URLDecoder.decode((credentials.length > 1) ? credentials[1] : "",
						StandardCharsets.UTF_8);
			}
			catch (IllegalArgumentException ex) {
				return new Answer(401, oauthError("invalid_client"), null);
			}
		}
		if (!List.of("client_credentials").equals(form.get("grant_type")) || !form.containsKey("audience")) {
			return new Answer(400, oauthError("invalid_request"), null);
		}
		if (!clientId.equals(this.settings.clientId) || !clientSecret.equals(this.settings.clientSecret)) {
			return new Answer(401, oauthError("access_denied"), null);
		}
		return new Answer(200, Json.write(issueToken()), null);
	}

	private static String oauthError(String error) {
		return Json.write(Map.of("error", error, "error_description", "The request was refused"));
	}

	private Map<String, Object> issueToken() {
		String token = UUID.randomUUID().toString();
		acceptToken(token);
		Map<String, Object> answer = new LinkedHashMap<>();
		answer.put("access_token", token);
		answer.put("scope", "");
		answer.put("expires_in", this.settings.tokenLifetime.toSeconds());
		answer.put("token_type", "Bearer");
		return answer;
	}

	private void record(HttpServerRequest request, String path, Body body, int status, @Nullable String eventType) {
		Map<String, List<String>> headers = new LinkedHashMap<>();
		request.requestHeaders()
			.forEach((header) -> headers
				.computeIfAbsent(header.getKey().toLowerCase(Locale.ROOT), (name) -> new ArrayList<>())
				.add(header.getValue()));
		ReceivedRequest received = new ReceivedRequest(request.method().name(), path, headers, body.text(), status,
				eventType);
		synchronized (this.monitor) {
			if (this.settings.keepRequests) {
				this.requests.add(received);
			}
		}
		try {
			this.settings.listener.accept(received);
		}
		catch (RuntimeException ex) {
			logger.warn("The listener failed for " + received, ex);
		}
	}

	private Mono<Void> control(String method, String path, Body body, HttpServerResponse response) {
		try {
			switch (method + " " + path) {
				case "GET /simulator/events" -> {
					return send(response, 200, Json.write(events().stream().map(FakeHopperApi::describe).toList()),
							null);
				}
				case "GET /simulator/events/count" -> {
					return send(response, 200,
							Json.write(Map.of("accepted", events().size(), "requests", requests().size())), null);
				}
				case "DELETE /simulator/events" -> reset();
				case "POST /simulator/faults" -> {
					FaultRequest fault = FaultRequest.parse(body.text());
					failNext(fault.count(), fault.fault());
				}
				case "DELETE /simulator/faults" -> clearFaults();
				default -> throw Refusal.status(404);
			}
			return send(response, 204, "", null);
		}
		catch (Refusal refusal) {
			return send(response, refusal.status(), refusal.body(), null);
		}
	}

	private static Map<String, Object> describe(ReceivedRequest event) {
		Map<String, Object> description = new LinkedHashMap<>();
		description.put("type", String.valueOf(event.eventType()));
		String sessionId = event.header("hc-session-id");
		if (sessionId != null) {
			description.put("session_id", sessionId);
		}
		description.put("body", Json.readObject(event.body()));
		return description;
	}

	private static Mono<Void> send(HttpServerResponse response, int status, String body, @Nullable String retryAfter) {
		response.status(HttpResponseStatus.valueOf(status));
		if (retryAfter != null) {
			response.header("Retry-After", retryAfter);
		}
		if (body.isEmpty()) {
			return (status == 204) ? response.send() : response.header("Content-Length", "0").send();
		}
		return response.header("Content-Type", "application/json").sendString(Mono.just(body)).then();
	}

	/**
	 * Promise more than is sent: of an answer without a body there is no half, but a part
	 * of its head.
	 */
	private static Mono<Void> sendHalf(HttpServerResponse response) {
		return Mono.create((sink) -> response.withConnection((connection) -> {
			Channel channel = connection.channel();
			// Past the encoder, which would complete the head
			channel.pipeline()
				.firstContext()
				.writeAndFlush(Unpooled.copiedBuffer("HTTP/1.1 204 No Content\r\nExpires: 0\r\nCache-C",
						StandardCharsets.US_ASCII))
				.addListener((written) -> channel.close().addListener((closed) -> sink.success()));
		}));
	}

	private static Mono<Void> reset(HttpServerResponse response) {
		return Mono.create((sink) -> response.withConnection((connection) -> {
			Channel channel = connection.channel();
			channel.config().setOption(ChannelOption.SO_LINGER, 0);
			channel.close().addListener((future) -> sink.success());
		}));
	}

	private record Body(String text, boolean utf8, boolean tooLong) {

	}

	private record Answer(int status, String body, @Nullable String eventType) {

	}

	/**
	 * Builder of {@link FakeHopperApi}.
	 */
	public static final class Builder {

		private int port;

		private String pathPrefix = "/airline/v1.1";

		private final Set<String> tokens = new HashSet<>();

		private final Set<String> forbiddenTokens = new HashSet<>();

		private final Set<String> customEventTypes = new HashSet<>();

		private final Set<String> unknownSessions = new HashSet<>();

		private String clientId = "simulator-client";

		private String clientSecret = "simulator-secret";

		private Duration tokenLifetime = Duration.ofDays(1);

		private boolean requireSession;

		private boolean keepRequests = true;

		private Consumer<ReceivedRequest> listener = (request) -> {
		};

		private Builder() {
		}

		/**
		 * Set the port.
		 * @param port the port, zero (the default) for any that is free
		 * @return this builder
		 */
		public Builder port(int port) {
			this.port = port;
			return this;
		}

		/**
		 * Set the path before {@code /events}.
		 * @param pathPrefix the path, {@code /airline/v1.1} by default
		 * @return this builder
		 */
		public Builder pathPrefix(String pathPrefix) {
			this.pathPrefix = pathPrefix;
			return this;
		}

		/**
		 * Accept a bearer token.
		 * @param token the token
		 * @return this builder
		 */
		public Builder token(String token) {
			this.tokens.add(token);
			return this;
		}

		/**
		 * Know a bearer token that lacks all permissions.
		 * @param token the token
		 * @return this builder
		 */
		public Builder forbiddenToken(String token) {
			this.forbiddenTokens.add(token);
			return this;
		}

		/**
		 * Set the credentials that {@code /auth} and {@code /oauth/token} accept.
		 * @param clientId the id, {@code simulator-client} by default
		 * @param clientSecret the secret, {@code simulator-secret} by default
		 * @return this builder
		 */
		public Builder client(String clientId, String clientSecret) {
			this.clientId = clientId;
			this.clientSecret = clientSecret;
			return this;
		}

		/**
		 * Set what issued tokens say about their lifetime. They are accepted until they
		 * are revoked.
		 * @param tokenLifetime the lifetime, one day by default
		 * @return this builder
		 */
		public Builder tokenLifetime(Duration tokenLifetime) {
			this.tokenLifetime = tokenLifetime;
			return this;
		}

		/**
		 * Accept events of another type, with any attributes.
		 * @param type the type
		 * @return this builder
		 */
		public Builder customEventType(String type) {
			this.customEventTypes.add(type);
			return this;
		}

		/**
		 * Answer events of a session with {@code 404}.
		 * @param sessionId the id of the session
		 * @return this builder
		 */
		public Builder unknownSession(String sessionId) {
			this.unknownSessions.add(sessionId);
			return this;
		}

		/**
		 * Set whether every event needs a session, as with the older specification.
		 * @param requireSession whether a session is always required
		 * @return this builder
		 */
		public Builder requireSession(boolean requireSession) {
			this.requireSession = requireSession;
			return this;
		}

		/**
		 * Set whether requests are kept for {@link FakeHopperApi#requests()}. Without,
		 * they are seen by the {@link #onRequest listener} only and any number of them
		 * takes no memory.
		 * @param keepRequests whether requests are kept, {@code true} by default
		 * @return this builder
		 */
		public Builder keepRequests(boolean keepRequests) {
			this.keepRequests = keepRequests;
			return this;
		}

		/**
		 * Set who hears of each request to the API. It is called on an event loop.
		 * @param listener the listener
		 * @return this builder
		 */
		public Builder onRequest(Consumer<ReceivedRequest> listener) {
			this.listener = listener;
			return this;
		}

		/**
		 * Start the server.
		 * @return the server
		 */
		public FakeHopperApi start() {
			return new FakeHopperApi(this);
		}

	}

}
