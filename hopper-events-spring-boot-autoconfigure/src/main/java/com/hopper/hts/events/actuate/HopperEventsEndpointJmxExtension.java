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
package com.hopper.hts.events.actuate;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.jmx.annotation.EndpointJmxExtension;

/**
 * {@link EndpointJmxExtension @EndpointJmxExtension} for the
 * {@link HopperEventsEndpoint}. Every parameter may be {@code null}.
 */
@EndpointJmxExtension(endpoint = HopperEventsEndpoint.class)
class HopperEventsEndpointJmxExtension {

	private static final String OPERATOR = "JMX";

	private final HopperEventsEndpoint delegate;

	HopperEventsEndpointJmxExtension(HopperEventsEndpoint delegate) {
		this.delegate = delegate;
	}

	@ReadOperation
	DiagnosisDescriptor diagnosis() {
		return this.delegate.diagnosis();
	}

	@ReadOperation
	PageDescriptors.DeadLetters deadLetters(@Nullable String type, @Nullable String reason, @Nullable String session,
			@Nullable String storedFrom, @Nullable String storedBefore, @Nullable String after, @Nullable String size) {
		return operator().deadLetters(selection(type, reason, session, storedFrom, storedBefore), after, size);
	}

	@ReadOperation
	DeadLetterDescriptor deadLetter(String id) {
		return operator().deadLetter(id, true);
	}

	@ReadOperation
	PageDescriptors.DeliveredEvents delivered(@Nullable String type, @Nullable String session,
			@Nullable String storedFrom, @Nullable String storedBefore, @Nullable String after, @Nullable String size) {
		return operator().delivered(selection(type, null, session, storedFrom, storedBefore), after, size);
	}

	@WriteOperation
	ActionDescriptor replay(@Nullable String id, @Nullable String type, @Nullable String reason,
			@Nullable String session, @Nullable String storedFrom, @Nullable String storedBefore, @Nullable String all,
			@Nullable String after, @Nullable String limit, @Nullable String dryRun, @Nullable String comment) {
		return operator().replay(new OutboxOperator.Command(id,
				selection(type, reason, session, storedFrom, storedBefore), all, after, limit, dryRun, comment),
				OPERATOR);
	}

	@WriteOperation
	ActionDescriptor discard(@Nullable String id, @Nullable String type, @Nullable String reason,
			@Nullable String session, @Nullable String storedFrom, @Nullable String storedBefore, @Nullable String all,
			@Nullable String after, @Nullable String limit, @Nullable String dryRun, @Nullable String comment) {
		return operator().discard(new OutboxOperator.Command(id,
				selection(type, reason, session, storedFrom, storedBefore), all, after, limit, dryRun, comment),
				OPERATOR);
	}

	@WriteOperation
	PauseDescriptor pause(@Nullable String comment) {
		return operator().pause(comment, OPERATOR);
	}

	@WriteOperation
	PauseDescriptor resume(@Nullable String comment) {
		return operator().resume(comment, OPERATOR);
	}

	private OutboxOperator operator() {
		return this.delegate.operator();
	}

	private Selection selection(@Nullable String type, @Nullable String reason, @Nullable String session,
			@Nullable String storedFrom, @Nullable String storedBefore) {
		return Selection.of(type, reason, session, storedFrom, storedBefore, operator().clock());
	}

}
