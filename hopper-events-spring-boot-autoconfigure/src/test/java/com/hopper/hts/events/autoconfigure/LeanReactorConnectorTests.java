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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

import com.hopper.hts.events.time.Deadlines;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.timeout.ReadTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.ConnectionPoolMetrics;
import reactor.netty.resources.ConnectionProvider;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.BodyInserter;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * All that other calls may need of the connector, which events do not.
 */
class LeanReactorConnectorTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(20);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final AtomicReference<ConnectionPoolMetrics> pool = new AtomicReference<>();

	private final ConnectionProvider connections = ConnectionProvider.builder("test")
		.maxConnections(1)
		.metrics(true, () -> (name, id, address, metrics) -> this.pool.set(metrics))
		.pendingAcquireTimeout(Duration.ofSeconds(3))
		.build();

	private final AtomicReference<HttpHeaders> received = new AtomicReference<>();

	private final AtomicReference<String> body = new AtomicReference<>();

	private volatile BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> handler = (request,
			response) -> response.status(204).send();

	private final DisposableServer server = HttpServer.create()
		.host("127.0.0.1")
		.port(0)
		.handle((request, response) -> {
			this.received.set(request.requestHeaders().copy());
			return request.receive()
				.aggregate()
				.asString()
				.defaultIfEmpty("")
				.doOnNext(this.body::set)
				.thenMany(Flux.defer(() -> this.handler.apply(request, response)));
		})
		.bindNow();

	private final WebClient client = WebClient.builder()
		.baseUrl("http://127.0.0.1:" + this.server.port())
		.clientConnector(new LeanReactorConnector(
				HttpClient.create(this.connections).responseTimeout(Duration.ofSeconds(5)), new Deadlines(this.time)))
		.build();

	@AfterEach
	void close() {
		this.server.disposeNow();
		this.connections.dispose();
		this.time.dispose();
	}

	@Test
	void sendsABodyThatIsThere() {
		post().body(ready("{\"a\":1}")).retrieve().toBodilessEntity().block(TIMEOUT);
		assertThat(this.body).hasValue("{\"a\":1}");
		assertThat(this.received.get().get("Content-Length")).isEqualTo("7");
		assertThat(this.received.get().get("Transfer-Encoding")).isNull();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 200, 500, 1_500 })
	void headersAndBodyAreOneBuffer(int headerLength) {
		List<Integer> written = new CopyOnWriteArrayList<>();
		HttpClient client = HttpClient.create(this.connections)
			.doOnConnected(
					(connection) -> connection.channel().pipeline().addFirst(new ChannelOutboundHandlerAdapter() {

						@Override
						public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
							written.add(((ByteBuf) message).readableBytes());
							context.write(message, promise);
						}

					}));
		WebClient webClient = this.client.mutate()
			.clientConnector(new LeanReactorConnector(client, new Deadlines(this.time)))
			.build();
		String body = "{\"a\":\"" + "x".repeat(500) + "\"}";
		IntStream.range(0, 20)
			.forEach((i) -> webClient.post()
				.header("X-Test", "x".repeat(headerLength))
				.body(ready(body))
				.retrieve()
				.toBodilessEntity()
				.block(TIMEOUT));
		assertThat(this.body).hasValue(body);
		// Netty has to learn how long the headers are
		assertThat(written.subList(written.size() - 5, written.size()))
			.allSatisfy((length) -> assertThat(length).isGreaterThan(headerLength + body.length()));
	}

	@Test
	void allocatorOfTheApplicationStays() {
		AtomicReference<ByteBufAllocator> allocator = new AtomicReference<>();
		HttpClient client = HttpClient.create(this.connections)
			.option(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
			.doOnConnected((connection) -> allocator.set(connection.channel().alloc()));
		this.client.mutate()
			.clientConnector(new LeanReactorConnector(client, new Deadlines(this.time)))
			.build()
			.post()
			.body(ready("{}"))
			.retrieve()
			.toBodilessEntity()
			.block(TIMEOUT);
		assertThat(allocator).hasValue(UnpooledByteBufAllocator.DEFAULT);
	}

	@Test
	void connectionIsBackInThePoolWhenAnAnswerWithoutABodyIsHandedOn() {
		Mono<String> exchange = post().body(ready("{}")).exchangeToMono((response) -> {
			ConnectionPoolMetrics metrics = this.pool.get();
			return Mono.just(metrics.acquiredSize() + " acquired, " + metrics.idleSize() + " idle");
		});
		assertThat(exchange.block(TIMEOUT)).isEqualTo("0 acquired, 1 idle");
		assertThat(exchange.block(TIMEOUT)).isEqualTo("0 acquired, 1 idle");
	}

	@Test
	void sendsABodyThatWasEncoded() {
		post().bodyValue("{\"a\":1}").retrieve().toBodilessEntity().block(TIMEOUT);
		assertThat(this.body).hasValue("{\"a\":1}");
	}

	@Test
	void sendsABodyThatComesInParts() {
		post().body(Flux.just("one", "two").delayElements(Duration.ofMillis(1)), String.class)
			.retrieve()
			.toBodilessEntity()
			.block(TIMEOUT);
		assertThat(this.body).hasValue("onetwo");
	}

	@Test
	void sendsABodyThatComesLater() {
		post().body(Mono.delay(Duration.ofMillis(1)).map((tick) -> "later"), String.class)
			.retrieve()
			.toBodilessEntity()
			.block(TIMEOUT);
		assertThat(this.body).hasValue("later");
	}

	@Test
	void sendsNoBody() {
		post().retrieve().toBodilessEntity().block(TIMEOUT);
		assertThat(this.body).hasValue("");
		post().body(Mono.empty(), String.class).retrieve().toBodilessEntity().block(TIMEOUT);
		assertThat(this.body).hasValue("");
		this.client.get().uri("/").retrieve().toBodilessEntity().block(TIMEOUT);
		assertThat(this.body).hasValue("");
	}

	@Test
	void ownUserAgentIsSentUnlessAnotherIsSetAndNothingIsAcceptedThatNobodyAskedFor() {
		post().bodyValue("").retrieve().toBodilessEntity().block(TIMEOUT);
		assertThat(this.received.get().getAll("User-Agent")).containsExactly(UserAgent.VALUE);
		assertThat(this.received.get().getAll("Accept")).isEmpty();
		post().header("User-Agent", "other")
			.accept(MediaType.APPLICATION_JSON)
			.bodyValue("")
			.retrieve()
			.toBodilessEntity()
			.block(TIMEOUT);
		assertThat(this.received.get().getAll("User-Agent")).containsExactly("other");
		assertThat(this.received.get().getAll("Accept")).containsExactly("application/json");
	}

	@Test
	void cookiesGoBothWays() {
		this.handler = (request, response) -> response.addCookie(cookie()).status(204).send();
		String cookie = post().cookie("sent", "1")
			.bodyValue("")
			.exchangeToMono((response) -> Mono.just(String.valueOf(response.cookies().getFirst("received"))))
			.block(TIMEOUT);
		assertThat(this.received.get().get("Cookie")).isEqualTo("sent=1");
		assertThat(cookie).isEqualTo("received=2; Path=/path; Secure; HttpOnly");
	}

	private static io.netty.handler.codec.http.cookie.Cookie cookie() {
		io.netty.handler.codec.http.cookie.DefaultCookie cookie = new io.netty.handler.codec.http.cookie.DefaultCookie(
				"received", "2");
		cookie.setPath("/path");
		cookie.setSecure(true);
		cookie.setHttpOnly(true);
		return cookie;
	}

	@Test
	void attributesReachTheChannel() {
		AtomicReference<Object> attribute = new AtomicReference<>();
		WebClient client = WebClient.builder()
			.clientConnector(new LeanReactorConnector(
					HttpClient.create(this.connections)
						.doAfterRequest((request, connection) -> attribute.set(
								connection.channel().attr(ReactorClientHttpConnector.ATTRIBUTES_KEY).get().get("key"))),
					new Deadlines(this.time)))
			.build();
		client.post()
			.uri("http://127.0.0.1:" + this.server.port())
			.attribute("key", "value")
			.bodyValue("")
			.retrieve()
			.toBodilessEntity()
			.block(TIMEOUT);
		await().untilAsserted(() -> assertThat(attribute).hasValue("value"));
	}

	@Test
	void actionsBeforeTheCommitAreDone() {
		post().body((output, context) -> {
			output.beforeCommit(() -> Mono.fromRunnable(() -> output.getHeaders().set("X-Late", "yes")));
			return output.writeWith(Mono.just(output.bufferFactory().wrap("late".getBytes(StandardCharsets.UTF_8))));
		}).retrieve().toBodilessEntity().block(TIMEOUT);
		assertThat(this.received.get().get("X-Late")).isEqualTo("yes");
		assertThat(this.body).hasValue("late");
	}

	@Test
	void bodyIsReadAndItsConnectionUsedAgain() {
		this.handler = (request, response) -> response.sendString(Flux.just("an", "swer"));
		for (int i = 0; i < 3; i++) {
			assertThat(post().bodyValue("").retrieve().bodyToMono(String.class).block(TIMEOUT)).isEqualTo("answer");
		}
		assertThat(this.client.method(HttpMethod.HEAD).uri("/").retrieve().toBodilessEntity().block(TIMEOUT))
			.isNotNull();
		assertThat(post().bodyValue("").retrieve().bodyToMono(String.class).block(TIMEOUT)).isEqualTo("answer");
	}

	@Test
	void answerThatIsNotReadDoesNotKeepItsConnection() {
		this.handler = (request, response) -> response.sendString(Mono.just("x".repeat(1_000_000)));
		Mono<ClientResponse> unread = post().body(ready("{}"))
			.exchangeToMono((response) -> Mono.<ClientResponse>never());
		unread.timeout(Duration.ofMillis(200), Mono.empty()).block(TIMEOUT);
		this.handler = (request, response) -> response.sendString(Mono.just("answer"));
		assertThat(post().body(ready("{}")).retrieve().bodyToMono(String.class).block(TIMEOUT)).isEqualTo("answer");
	}

	@Test
	void silenceBeforeTheAnswerEndsWithTheReadTimeout() {
		Sinks.Empty<Void> asked = Sinks.empty();
		this.handler = (request, response) -> {
			asked.tryEmitEmpty();
			return Mono.never();
		};
		Mono<Object> answer = post().body(ready("{}")).retrieve().toBodilessEntity().cast(Object.class);
		Sinks.One<Object> result = Sinks.one();
		answer.subscribe(result::tryEmitValue, result::tryEmitError);
		asked.asMono().block(TIMEOUT);
		this.time.advanceTimeBy(Duration.ofSeconds(5));
		assertThatExceptionOfType(WebClientRequestException.class).isThrownBy(() -> result.asMono().block(TIMEOUT))
			.withCauseInstanceOf(ReadTimeoutException.class);
		// With another connection
		this.handler = (request, response) -> response.status(204).send();
		assertThat(post().body(ready("{}")).retrieve().toBodilessEntity().block(TIMEOUT)).isNotNull();
	}

	@Test
	void timeoutOfARequestThatWasAnsweredDoesNotConcernTheNextOneOnItsConnection() {
		post().body(ready("{}")).retrieve().toBodilessEntity().block(TIMEOUT);
		Sinks.Empty<Void> asked = Sinks.empty();
		Sinks.Empty<Void> go = Sinks.empty();
		this.handler = (request, response) -> {
			asked.tryEmitEmpty();
			return go.asMono().then(Mono.defer(() -> response.status(204).send().then()));
		};
		this.time.advanceTimeBy(Duration.ofSeconds(4));
		Sinks.One<Object> result = Sinks.one();
		post().body(ready("{}")).retrieve().toBodilessEntity().subscribe(result::tryEmitValue, result::tryEmitError);
		asked.asMono().block(TIMEOUT);
		this.time.advanceTimeBy(Duration.ofSeconds(4));
		go.tryEmitEmpty();
		assertThat(result.asMono().block(TIMEOUT)).isNotNull();
	}

	@Test
	void eachSubscriptionIsARequestOfItsOwn() {
		AtomicInteger requests = new AtomicInteger();
		Sinks.Empty<Void> asked = Sinks.empty();
		this.handler = (request, response) -> {
			if (requests.incrementAndGet() == 1) {
				return response.status(204).send();
			}
			asked.tryEmitEmpty();
			return Mono.never();
		};
		WebClient repeating = this.client.mutate().filter((request, next) -> {
			Mono<ClientResponse> exchange = next.exchange(request);
			return exchange.then(exchange);
		}).build();
		Sinks.One<Object> result = Sinks.one();
		repeating.post()
			.uri("/")
			.body(ready("{}"))
			.retrieve()
			.toBodilessEntity()
			.subscribe(result::tryEmitValue, result::tryEmitError);
		asked.asMono().block(TIMEOUT);
		this.time.advanceTimeBy(Duration.ofSeconds(5));
		assertThatExceptionOfType(WebClientRequestException.class).isThrownBy(() -> result.asMono().block(TIMEOUT))
			.withCauseInstanceOf(ReadTimeoutException.class);
	}

	@Test
	void silenceWithinTheAnswerEndsWithTheReadTimeout() {
		this.handler = (request, response) -> response.sendString(Flux.concat(Mono.just("begun"), Mono.never()),
				StandardCharsets.UTF_8);
		WebClient client = WebClient.builder()
			.clientConnector(new LeanReactorConnector(
					HttpClient.create(this.connections).responseTimeout(Duration.ofMillis(200)),
					new Deadlines(this.time)))
			.build();
		Mono<DataBuffer> answer = client.post()
			.uri("http://127.0.0.1:" + this.server.port())
			.body(ready("{}"))
			.exchangeToMono((response) -> DataBufferUtils.join(response.body(BodyExtractors.toDataBuffers())));
		assertThatExceptionOfType(ReadTimeoutException.class).isThrownBy(() -> answer.block(TIMEOUT));
	}

	/**
	 * A body as events have it, which is there when the request is written.
	 */
	private static BodyInserter<Void, ReactiveHttpOutputMessage> ready(String body) {
		return (output, context) -> output
			.writeWith(Mono.fromSupplier(() -> output.bufferFactory().wrap(body.getBytes(StandardCharsets.UTF_8))));
	}

	private WebClient.RequestBodySpec post() {
		return this.client.post().uri("/");
	}

}
