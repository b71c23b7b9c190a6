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
package com.hopper.hts.events.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

import com.hopper.hts.events.time.Deadlines;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.DefaultCookie;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.netty.Connection;
import reactor.netty.NettyOutbound;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.HttpClientResponse;
import reactor.util.context.Context;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpCookie;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseCookie;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.http.support.Netty4HeadersAdapter;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;

/**
 * Does for {@code WebClient} what {@link ReactorClientHttpConnector} does, at less cost:
 * headers are written to Netty's own, a body that is there already is sent with them as
 * one message and in one buffer, and nothing is subscribed to for an answer that has no
 * body. An event is such a request and such an answer.
 */
final class LeanReactorConnector implements ClientHttpConnector {

	private final HttpClient client;

	private final @Nullable Duration readTimeout;

	private final Deadlines deadlines;

	/**
	 * Where the last request went, and where nearly every request goes.
	 */
	private volatile @Nullable Target target;

	LeanReactorConnector(HttpClient client, Deadlines deadlines) {
		this.readTimeout = client.configuration().responseTimeout();
		this.client = withRoom(client).responseTimeout(null);
		this.deadlines = deadlines;
	}

	private static HttpClient withRoom(HttpClient client) {
		return client.configuration().options().containsKey(ChannelOption.ALLOCATOR) ? client
				: client.option(ChannelOption.ALLOCATOR, new AllocatorWithRoom(ByteBufAllocator.DEFAULT));
	}

	@Override
	public Mono<ClientHttpResponse> connect(HttpMethod method, URI uri,
			Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
		HttpClient.RequestSender sender = target(method, uri).sender;
		return new Mono<>() {

			@Override
			public void subscribe(CoreSubscriber<? super ClientHttpResponse> actual) {
				Exchange exchange = new Exchange(method, uri, requestCallback, actual);
				sender.send(exchange::send).responseConnection(exchange).subscribe(exchange);
			}

		};
	}

	private Target target(HttpMethod method, URI uri) {
		Target target = this.target;
		if (target == null || !target.uri.equals(uri) || !target.method.equals(method)) {
			target = new Target(method, uri, sender(method, uri));
			this.target = target;
		}
		return target;
	}

	private HttpClient.RequestSender sender(HttpMethod method, URI uri) {
		HttpClient.RequestSender sender = this.client
			.request(io.netty.handler.codec.http.HttpMethod.valueOf(method.name()));
		return uri.isAbsolute() ? sender.uri(uri) : sender.uri(uri.toString());
	}

	/**
	 * What Reactor Netty has prepared for an address.
	 */
	private record Target(HttpMethod method, URI uri, HttpClient.RequestSender sender) {

	}

	/**
	 * One request and its answer, between Reactor Netty and who waits for the answer.
	 */
	private final class Exchange implements BiFunction<HttpClientResponse, Connection, Publisher<ClientHttpResponse>>,
			CoreSubscriber<ClientHttpResponse>, Subscription, Runnable {

		private final HttpMethod method;

		private final URI uri;

		private final Function<? super ClientHttpRequest, Mono<Void>> requestCallback;

		private final CoreSubscriber<? super ClientHttpResponse> actual;

		/**
		 * That of who waits, kept because Reactor Netty asks for it several times and who
		 * waits is a long chain.
		 */
		private final Context context;

		private @Nullable Subscription upstream;

		private volatile @Nullable Response response;

		private volatile @Nullable Disposable silence;

		private boolean answered;

		private volatile boolean cancelled;

		Exchange(HttpMethod method, URI uri, Function<? super ClientHttpRequest, Mono<Void>> requestCallback,
				CoreSubscriber<? super ClientHttpResponse> actual) {
			this.method = method;
			this.uri = uri;
			this.requestCallback = requestCallback;
			this.actual = actual;
			this.context = actual.currentContext();
		}

		Publisher<Void> send(HttpClientRequest request, NettyOutbound outbound) {
			return this.requestCallback.apply(new Request(this, request, outbound));
		}

		@Override
		public Publisher<ClientHttpResponse> apply(HttpClientResponse response, Connection connection) {
			Response result = new Response(this.method, response, connection);
			this.response = result;
			boolean limited = silenceEnds();
			if (this.cancelled) {
				result.releaseUnread();
			}
			if (limited && LeanReactorConnector.this.readTimeout != null && result.mayHaveBody()) {
				connection.addHandlerFirst(new ReadTimeoutHandler(LeanReactorConnector.this.readTimeout.toMillis(),
						TimeUnit.MILLISECONDS));
			}
			return Mono.just(result);
		}

		/**
		 * Limit the time to the answer of a request that is sent as a whole, now. Reactor
		 * Netty would put a handler with a timer into the pipeline and take it out again.
		 */
		void limitSilence(Connection connection) {
			Duration readTimeout = LeanReactorConnector.this.readTimeout;
			if (readTimeout != null) {
				Channel channel = connection.channel();
				this.silence = LeanReactorConnector.this.deadlines
					.schedule(() -> channel.eventLoop().execute(() -> giveUp(channel)), readTimeout);
			}
		}

		/**
		 * Limit the time to the answer, and between its parts, of a request that takes
		 * time to be sent.
		 */
		void limitSilence(HttpClientRequest request) {
			Duration readTimeout = LeanReactorConnector.this.readTimeout;
			if (readTimeout != null) {
				request.responseTimeout(readTimeout);
			}
		}

		@SuppressWarnings("FutureReturnValueIgnored")
		private void giveUp(Channel channel) {
			// On the event loop, so that the connection cannot be another request's yet
			if (this.response == null && channel.isActive()) {
				channel.pipeline().fireExceptionCaught(ReadTimeoutException.INSTANCE);
				channel.close();
			}
		}

		/**
		 * Return whether the time was limited here, and not by Reactor Netty.
		 */
		boolean silenceEnds() {
			Disposable silence = this.silence;
			if (silence == null) {
				return false;
			}
			silence.dispose();
			return true;
		}

		@Override
		public Context currentContext() {
			return this.context;
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			if (Operators.validate(this.upstream, subscription)) {
				this.upstream = subscription;
				this.actual.onSubscribe(this);
			}
		}

		@Override
		public void request(long count) {
			if (this.upstream != null) {
				this.upstream.request(count);
			}
		}

		@Override
		public void onNext(ClientHttpResponse response) {
			this.answered = true;
			Response answer = this.response;
			if (answer != null && !answer.mayHaveBody()) {
				try {
					// When the connection is back in the pool, so that who sends another
					// request at once gets it, and is on its event loop already
					answer.connection.channel().eventLoop().execute(this);
					return;
				}
				catch (RejectedExecutionException ex) {
					// The last turn of the event loop is this one
				}
			}
			run();
		}

		@Override
		public void run() {
			Response answer = this.response;
			if (answer != null && !this.cancelled) {
				this.actual.onNext(answer);
				this.actual.onComplete();
			}
		}

		@Override
		public void onError(Throwable failure) {
			silenceEnds();
			if (this.answered) {
				Operators.onErrorDropped(failure, currentContext());
			}
			else {
				this.actual.onError(failure);
			}
		}

		@Override
		public void onComplete() {
			if (!this.answered) {
				silenceEnds();
				this.actual.onComplete();
			}
		}

		@Override
		public void cancel() {
			this.cancelled = true;
			if (this.upstream != null) {
				this.upstream.cancel();
			}
			silenceEnds();
			Response response = this.response;
			if (response != null) {
				response.releaseUnread();
			}
		}

	}

	/**
	 * A request, whose headers are Netty's.
	 */
	private static final class Request implements ClientHttpRequest {

		private final Exchange exchange;

		private final HttpClientRequest request;

		private final NettyOutbound outbound;

		private final NettyDataBufferFactory bufferFactory;

		private final HttpHeaders headers;

		private @Nullable Map<String, Object> attributes;

		private @Nullable List<Supplier<? extends Mono<Void>>> commitActions;

		private @Nullable MultiValueMap<String, HttpCookie> cookies;

		private boolean committed;

		Request(Exchange exchange, HttpClientRequest request, NettyOutbound outbound) {
			this.exchange = exchange;
			this.request = request;
			this.outbound = outbound;
			this.bufferFactory = new NettyDataBufferFactory(outbound.alloc());
			// Reactor Netty's, in place of which WebClient would not set its own
			request.requestHeaders().remove(HttpHeaderNames.USER_AGENT).remove(HttpHeaderNames.ACCEPT);
			this.headers = new HttpHeaders(new Netty4HeadersAdapter(request.requestHeaders()));
		}

		@Override
		public HttpMethod getMethod() {
			return this.exchange.method;
		}

		@Override
		public URI getURI() {
			return this.exchange.uri;
		}

		@Override
		public HttpHeaders getHeaders() {
			return this.committed ? HttpHeaders.readOnlyHttpHeaders(this.headers) : this.headers;
		}

		@Override
		public MultiValueMap<String, HttpCookie> getCookies() {
			if (this.cookies == null) {
				this.cookies = new LinkedMultiValueMap<>();
			}
			return this.cookies;
		}

		@Override
		public Map<String, Object> getAttributes() {
			if (this.attributes == null) {
				this.attributes = new LinkedHashMap<>(4);
			}
			return this.attributes;
		}

		@Override
		@SuppressWarnings({ "unchecked", "TypeParameterUnusedInFormals" })
		public <T> T getNativeRequest() {
			return (T) this.request;
		}

		@Override
		public DataBufferFactory bufferFactory() {
			return this.bufferFactory;
		}

		@Override
		public void beforeCommit(Supplier<? extends Mono<Void>> action) {
			if (this.commitActions == null) {
				this.commitActions = new ArrayList<>();
			}
			this.commitActions.add(action);
		}

		@Override
		public boolean isCommitted() {
			return this.committed;
		}

		@Override
		public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
			return commit(() -> send(body));
		}

		private NettyOutbound send(Publisher<? extends DataBuffer> body) {
			if (!(body instanceof Callable<?> callable)) {
				this.exchange.limitSilence(this.request);
				return this.outbound.send((body instanceof Mono<? extends DataBuffer> mono)
						? mono.map(NettyDataBufferFactory::toByteBuf) : buffers(body));
			}
			this.outbound.withConnection(this.exchange::limitSilence);
			return (call(callable) instanceof DataBuffer buffer)
					? this.outbound.sendObject(NettyDataBufferFactory.toByteBuf(buffer))
					: this.outbound.send(Mono.empty());
		}

		private static @Nullable Object call(Callable<?> callable) {
			try {
				return callable.call();
			}
			catch (Exception ex) {
				throw Exceptions.propagate(ex);
			}
		}

		private static Flux<ByteBuf> buffers(Publisher<? extends DataBuffer> body) {
			return Flux.from(body).map(NettyDataBufferFactory::toByteBuf);
		}

		@Override
		public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
			return commit(() -> {
				this.exchange.limitSilence(this.request);
				return this.outbound.sendGroups(Flux.from(body).map(Request::buffers));
			});
		}

		@Override
		public Mono<Void> setComplete() {
			// Reactor Netty sends the headers when nothing else was sent
			return commit(() -> {
				this.exchange.limitSilence(this.request);
				return Mono.empty();
			});
		}

		private Mono<Void> commit(Supplier<? extends Publisher<Void>> write) {
			if (this.committed) {
				return Mono.empty();
			}
			if (this.commitActions == null) {
				return apply(write);
			}
			return Flux.fromIterable(this.commitActions).concatMap(Supplier::get).then(Mono.defer(() -> apply(write)));
		}

		private Mono<Void> apply(Supplier<? extends Publisher<Void>> write) {
			this.committed = true;
			if (!this.request.requestHeaders().contains(HttpHeaderNames.USER_AGENT)) {
				this.request.requestHeaders().set(HttpHeaderNames.USER_AGENT, UserAgent.VALUE);
			}
			if (this.cookies != null) {
				this.cookies.values()
					.forEach((values) -> values.forEach((cookie) -> this.request
						.addCookie(new DefaultCookie(cookie.getName(), cookie.getValue()))));
			}
			if (this.attributes != null && !this.attributes.isEmpty()
					&& this.request instanceof Connection connection) {
				connection.channel().attr(ReactorClientHttpConnector.ATTRIBUTES_KEY).set(this.attributes);
			}
			return Mono.fromDirect(write.get());
		}

	}

	/**
	 * An answer.
	 */
	private static final class Response implements ClientHttpResponse {

		private static final int UNREAD = 0;

		private static final int READ = 1;

		private static final int RELEASED = 2;

		private final HttpMethod method;

		private final HttpClientResponse response;

		private final Connection connection;

		private final HttpHeaders headers;

		private final AtomicInteger state = new AtomicInteger(UNREAD);

		Response(HttpMethod method, HttpClientResponse response, Connection connection) {
			this.method = method;
			this.response = response;
			this.connection = connection;
			this.headers = HttpHeaders.readOnlyHttpHeaders(new Netty4HeadersAdapter(response.responseHeaders()));
		}

		@Override
		public String getId() {
			return this.connection.channel().id().asShortText();
		}

		@Override
		public HttpStatusCode getStatusCode() {
			return HttpStatusCode.valueOf(this.response.status().code());
		}

		@Override
		public HttpHeaders getHeaders() {
			return this.headers;
		}

		@Override
		public MultiValueMap<String, ResponseCookie> getCookies() {
			MultiValueMap<String, ResponseCookie> cookies = new LinkedMultiValueMap<>();
			for (Set<Cookie> values : this.response.cookies().values()) {
				values.forEach((cookie) -> cookies.add(cookie.name(),
						ResponseCookie.fromClientResponse(cookie.name(), cookie.value())
							.domain(cookie.domain())
							.path(cookie.path())
							.maxAge(cookie.maxAge())
							.secure(cookie.isSecure())
							.httpOnly(cookie.isHttpOnly())
							.build()));
			}
			return cookies;
		}

		@Override
		public Flux<DataBuffer> getBody() {
			if (!mayHaveBody()) {
				return Flux.empty();
			}
			NettyDataBufferFactory bufferFactory = new NettyDataBufferFactory(this.connection.outbound().alloc());
			return this.connection.inbound().receive().doOnSubscribe((subscription) -> {
				if (!this.state.compareAndSet(UNREAD, READ) && this.state.get() == RELEASED) {
					throw new IllegalStateException("The request was cancelled before its answer was read");
				}
			}).map((buffer) -> bufferFactory.wrap(buffer.retain()));
		}

		/**
		 * Let go of the connection if nobody will.
		 */
		void releaseUnread() {
			if (mayHaveBody() && this.state.compareAndSet(UNREAD, RELEASED)) {
				this.connection.inbound().receive().subscribe((buffer) -> {
				}, (ex) -> {
				});
			}
		}

		boolean mayHaveBody() {
			return switch (this.response.status().code()) {
				case 204, 205, 304 -> false;
				default -> !this.method.equals(HttpMethod.HEAD) && this.headers.getContentLength() != 0;
			};
		}

	}

}
