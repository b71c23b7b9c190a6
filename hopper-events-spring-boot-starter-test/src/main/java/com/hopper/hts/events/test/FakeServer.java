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

import java.time.Duration;
import java.util.function.Supplier;

import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/**
 * The HTTP server of a {@link FakeHopperApi}: answers each request as the API does, or as
 * a fault says.
 */
final class FakeServer {

	private final RequestContract contract;

	private final FaultPlan faults;

	private final WaitingRequests waiting;

	private final RequestJournal journal;

	private final SimulatorCommands commands;

	private final Supplier<Scheduler> scheduler;

	private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

	/**
	 * Event loops of its own: those that applications share stop for all when one
	 * application context is closed.
	 */
	private final LoopResources eventLoops = LoopResources.create("hopper-fake-api");

	private final DisposableServer server;

	FakeServer(int port, RequestContract contract, FaultPlan faults, WaitingRequests waiting, RequestJournal journal,
			SimulatorCommands commands, Supplier<Scheduler> scheduler) {
		this.contract = contract;
		this.faults = faults;
		this.waiting = waiting;
		this.journal = journal;
		this.commands = commands;
		this.scheduler = scheduler;
		this.server = HttpServer.create()
			.runOn(this.eventLoops)
			.host("127.0.0.1")
			.port(port)
			// Not doOnConnection, which is called with the first request only
			.doOnChannelInit((observer, channel, address) -> this.connections.add(channel))
			.handle(this::handle)
			.bindNow(Duration.ofSeconds(30));
	}

	int port() {
		return this.server.port();
	}

	int openConnections() {
		return this.connections.size();
	}

	boolean isStopped() {
		return this.server.isDisposed();
	}

	void stop() {
		this.server.disposeNow(Duration.ofMinutes(1));
		this.connections.close().awaitUninterruptibly(5_000);
		this.eventLoops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).subscribe();
	}

	private Mono<Void> handle(HttpServerRequest httpRequest, HttpServerResponse response) {
		return IncomingRequest.read(httpRequest, this.journal.test())
			.flatMap((request) -> SimulatorCommands.includes(request) ? control(request, response)
					: api(request, response));
	}

	private Mono<Void> control(IncomingRequest request, HttpServerResponse response) {
		try {
			Answer answer = this.commands.execute(request);
			return HttpAnswers.send(response, answer.status(), answer.body());
		}
		catch (Refusal refusal) {
			return HttpAnswers.send(response, refusal);
		}
	}

	private Mono<Void> api(IncomingRequest request, HttpServerResponse response) {
		Fault.Endpoint endpoint = this.contract.endpoint(request.path());
		if (endpoint == null || !request.isPost()) {
			return answer(request, response, null);
		}
		Fault fault = this.faults.next(endpoint);
		Duration delay = ((endpoint == Fault.Endpoint.EVENTS) ? this.faults.nextLatency() : Duration.ZERO)
			.plus((fault != null) ? fault.delay() : Duration.ZERO);
		Mono<Void> answer = Mono.defer(() -> answer(request, response, fault));
		Mono<Void> wait = this.waiting.await(request.client(), endpoint, delay, this.scheduler.get());
		if (wait == null) {
			return answer;
		}
		// A client that gives up has sent its request all the same
		return wait.doOnCancel(() -> this.journal.record(request, 0, null)).then(answer);
	}

	private Mono<Void> answer(IncomingRequest request, HttpServerResponse response, @Nullable Fault fault) {
		if (fault != null && fault.resets() == Fault.Reset.BEFORE_ACCEPTING) {
			this.journal.record(request, 0, null);
			return HttpAnswers.reset(response);
		}
		if (fault != null && fault.status() != 0) {
			this.journal.record(request, fault.status(), null);
			return HttpAnswers.send(response, fault, request.path());
		}
		try {
			Answer answer = this.contract.check(request);
			if (fault != null && fault.resets() != Fault.Reset.NEVER) {
				this.journal.record(request, 0, answer.eventType());
				return (fault.resets() == Fault.Reset.WITHIN_ANSWER) ? HttpAnswers.sendHalf(response)
						: HttpAnswers.reset(response);
			}
			this.journal.record(request, answer.status(), answer.eventType());
			return HttpAnswers.send(response, answer);
		}
		catch (Refusal refusal) {
			this.journal.record(request, refusal);
			return HttpAnswers.send(response, refusal);
		}
	}

}
