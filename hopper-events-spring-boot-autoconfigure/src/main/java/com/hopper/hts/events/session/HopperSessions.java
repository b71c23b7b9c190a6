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
package com.hopper.hts.events.session;

import reactor.core.publisher.Mono;

import org.springframework.lang.CheckReturnValue;

/**
 * Creates sessions with {@code POST /sessions}, for applications that have no other
 * client for Hopper. The id of a session goes with all events of one customer's
 * interaction.
 * <p>
 * Retries, errors and signing in are those of
 * {@link com.hopper.hts.events.EventPublisher}. Implementations are safe for use by many
 * threads.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface HopperSessions {

	/**
	 * Create a session, which becomes that of the current {@link HopperSessionContext}.
	 * Nothing is sent before the returned {@link Mono} is subscribed to. Code that is not
	 * reactive adds {@link Mono#block()}.
	 * @param request what the API wants to know
	 * @return a {@code Mono} that emits the session; that is empty if the API answered
	 * {@code 204}, which means that there is no session and that a booking can be linked
	 * by its offers only; or a {@link com.hopper.hts.events.HopperApiException}
	 */
	@CheckReturnValue
	Mono<Session> create(SessionRequest request);

}
