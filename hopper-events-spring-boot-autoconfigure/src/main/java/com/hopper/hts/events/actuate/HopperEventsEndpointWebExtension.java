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

import java.security.Principal;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;
import org.springframework.context.annotation.ImportRuntimeHints;

/**
 * {@link EndpointWebExtension @EndpointWebExtension} for the
 * {@link HopperEventsEndpoint}. All parameters are strings, because Spring Boot refuses
 * what it cannot convert without saying why.
 */
@EndpointWebExtension(endpoint = HopperEventsEndpoint.class)
@ImportRuntimeHints(HopperEventsEndpointWebExtension.Hints.class)
class HopperEventsEndpointWebExtension {

	private static final String ANONYMOUS = "anonymous";

	private final HopperEventsEndpoint delegate;

	HopperEventsEndpointWebExtension(HopperEventsEndpoint delegate) {
		this.delegate = delegate;
	}

	@ReadOperation
	WebEndpointResponse<Object> overview() {
		OverviewDescriptor overview = this.delegate.overview();
		return new WebEndpointResponse<>(overview, (overview.state() == OverviewDescriptor.State.UNAVAILABLE)
				? WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE : WebEndpointResponse.STATUS_OK);
	}

	@ReadOperation
	WebEndpointResponse<Object> list(@Selector String section, @Nullable String type, @Nullable String reason,
			@Nullable String session, @Nullable String storedFrom, @Nullable String storedBefore,
			@Nullable String after, @Nullable String size) {
		return answer(() -> switch (section) {
			case "dead" ->
				operator().deadLetters(selection(type, reason, session, storedFrom, storedBefore), after, size);
			case "delivered" ->
				operator().delivered(selection(type, reason, session, storedFrom, storedBefore), after, size);
			case "diagnosis" -> this.delegate.diagnosis();
			default -> throw unknown(section);
		});
	}

	@ReadOperation
	WebEndpointResponse<Object> show(SecurityContext securityContext, @Selector String section, @Selector String id) {
		return answer(() -> {
			if (!section.equals("dead")) {
				throw unknown(section);
			}
			return operator().deadLetter(id, !operator(securityContext).equals(ANONYMOUS));
		});
	}

	@WriteOperation
	WebEndpointResponse<Object> act(SecurityContext securityContext, @Selector String section, @Nullable String id,
			@Nullable String type, @Nullable String reason, @Nullable String session, @Nullable String storedFrom,
			@Nullable String storedBefore, @Nullable String all, @Nullable String after, @Nullable String limit,
			@Nullable String dryRun, @Nullable String comment) {
		String operator = operator(securityContext);
		Supplier<OutboxOperator.Command> command = () -> new OutboxOperator.Command(id,
				selection(type, reason, session, storedFrom, storedBefore), all, after, limit, dryRun, comment);
		return answer(() -> switch (section) {
			case "replay" -> operator().replay(command.get(), operator);
			case "discard" -> operator().discard(command.get(), operator);
			case "pause" -> operator().pause(comment, operator);
			case "resume" -> operator().resume(comment, operator);
			default -> throw OperatorException.notFound(
					"Nothing is to be done at '" + section + "': there are 'replay', 'discard', 'pause' and 'resume'");
		});
	}

	private static OperatorException unknown(String section) {
		return OperatorException
			.notFound("Nothing is to be seen at '" + section + "': there are 'dead', 'delivered' and 'diagnosis'");
	}

	private OutboxOperator operator() {
		return this.delegate.operator();
	}

	private Selection selection(@Nullable String type, @Nullable String reason, @Nullable String session,
			@Nullable String storedFrom, @Nullable String storedBefore) {
		return Selection.of(type, reason, session, storedFrom, storedBefore, operator().clock());
	}

	/**
	 * Return the name of who asks. In a reactive application, Spring Security may give a
	 * principal even to those who have not signed in.
	 */
	private static String operator(SecurityContext securityContext) {
		Principal principal = securityContext.getPrincipal();
		return (principal == null || securityContext.isUserInRole("ANONYMOUS")) ? ANONYMOUS : principal.getName();
	}

	private static WebEndpointResponse<Object> answer(Supplier<Object> content) {
		try {
			return new WebEndpointResponse<>(content.get());
		}
		catch (OperatorException ex) {
			return new WebEndpointResponse<>(
					new ErrorDescriptor(ex.status(), ex.parameter(), String.valueOf(ex.getMessage())), ex.status());
		}
	}

	/**
	 * The answers, whose types the signatures do not name.
	 */
	static class Hints implements RuntimeHintsRegistrar {

		private final BindingReflectionHintsRegistrar bindingRegistrar = new BindingReflectionHintsRegistrar();

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			this.bindingRegistrar.registerReflectionHints(hints.reflection(), OverviewDescriptor.class,
					DiagnosisDescriptor.class, PageDescriptors.DeadLetters.class, PageDescriptors.DeliveredEvents.class,
					DeadLetterDescriptor.class, ActionDescriptor.class, PauseDescriptor.class, ErrorDescriptor.class);
		}

	}

}
