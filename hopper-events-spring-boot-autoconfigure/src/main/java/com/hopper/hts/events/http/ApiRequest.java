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
package com.hopper.hts.events.http;

import java.net.URI;
import java.time.Duration;

import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * What is sent to the API, for one {@link ApiCall}: its body, its names, and what its
 * answers mean.
 *
 * @param <R> the type of the result
 */
abstract class ApiRequest<R> {

	/**
	 * Return what is sent, in words.
	 * @return a noun, without article
	 */
	abstract String subject();

	/**
	 * Return what a failure means for the subject.
	 * @return a predicate
	 */
	abstract String failed();

	/**
	 * Return what it means that the answer to a request that was sent is not known.
	 * @return a sentence
	 */
	abstract String unknown();

	@Nullable String eventType() {
		return null;
	}

	@Nullable String sessionId() {
		return null;
	}

	/**
	 * Check and write what is sent.
	 * @return the body, used by all attempts
	 * @throws HopperApiException if it cannot be sent
	 */
	abstract byte[] prepare();

	/**
	 * Read an answer that means success.
	 * @return the result, or {@code null} if the answer means anything else
	 */
	abstract @Nullable Mono<R> success(ClientResponse response, int attempts, Duration elapsed);

	/**
	 * Create the observation.
	 * @return the observation, not started
	 */
	abstract Observation observation();

	abstract void observe(Observation observation, R result);

	void started() {
	}

	void retrying(String reason) {
	}

	void deliveryUnknown() {
	}

	void finished(int attempts, @Nullable R result, @Nullable HopperApiException exception) {
	}

	HopperApiException ending() {
		return new HopperApiException.ConnectionFailed(
				details("the application is ending, and its connections to Hopper with it. Nothing was sent. "
						+ "Send it before the application ends, or store it in the outbox."),
				true);
	}

	HopperApiException overloaded(int maxCalls) {
		return new HopperApiException.Overloaded(details(maxCalls
				+ " others (hopper.client.pool.max-connections and max-pending-acquires) have not ended. Nothing was sent. "
				+ FailureKind.OVERLOADED.advice()));
	}

	/**
	 * Create the exception that ends the call.
	 * @param attempts how many attempts there were
	 * @param deliveryUnknown whether the answer to one of them is not known
	 * @param stopReason why there was no further attempt, or {@code null} if there is
	 * nothing to explain
	 */
	HopperApiException exception(AttemptFailure failure, URI uri, int attempts, boolean deliveryUnknown,
			@Nullable String stopReason) {
		StringBuilder message = new StringBuilder(failure.description());
		if (isWorthAnAddress(failure)) {
			message.append(", from ").append(AttemptFailure.url(uri));
		}
		message.append(", after ").append(attempts).append((attempts == 1) ? " attempt" : " attempts");
		if (stopReason != null) {
			message.append("; not retried again because ").append(stopReason);
		}
		message.append(". ").append(failure.kind().advice());
		if (deliveryUnknown) {
			message.append(' ').append(unknown());
		}
		return failure
			.toException(details(message.toString()).withAttempts(attempts).withDeliveryUnknown(deliveryUnknown));
	}

	/**
	 * Return whether the message shows the address: the answer may come from something
	 * other than the API, or the client may have no access.
	 */
	private static boolean isWorthAnAddress(AttemptFailure failure) {
		FailureKind.Fault fault = failure.kind().fault();
		return failure.statusCode() != null
				&& (fault == FailureKind.Fault.EVENT_OR_ADDRESS || fault == FailureKind.Fault.CLIENT);
	}

	private HopperApiException.Details details(String message) {
		return HopperApiException.Details.of("The " + subject() + " " + failed() + ": " + message)
			.withEventType(eventType())
			.withSessionId(sessionId());
	}

}
