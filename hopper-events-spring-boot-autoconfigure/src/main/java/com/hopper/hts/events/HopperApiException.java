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
package com.hopper.hts.events;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonIncludeProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.util.Assert;

/**
 * Root of everything that can go wrong between an application and the Hopper API. The
 * nested types say what it was, {@link #isTransient()} whether sending the same event
 * again can succeed, and the message what to do next.
 * <p>
 * No exception carries the bearer token or the payload: session ids are masked, and
 * values of the request that the API repeats in its answer are replaced by {@code ***}.
 * As JSON an exception has neither the stack trace, the cause nor the headers.
 *
 * @since 0.1.0
 */
@JsonIncludeProperties({ "kind", "message", "status", "attempts", "eventType", "maskedSessionId", "retryAfter",
		"deliveryUnknown", "transient", "errors" })
public abstract sealed class HopperApiException extends RuntimeException {

	private final FailureKind kind;

	private final Details details;

	HopperApiException(FailureKind kind, Details details) {
		super(details.message, details.cause);
		this.kind = kind;
		this.details = details;
	}

	/**
	 * Return what kind of failure it is.
	 * @return the kind
	 */
	public FailureKind getKind() {
		return this.kind;
	}

	/**
	 * Return the HTTP status of the last answer.
	 * @return the status, or {@code null} if the last attempt got no answer
	 */
	public @Nullable HttpStatusCode getStatusCode() {
		return this.details.statusCode;
	}

	@JsonProperty("status")
	private @Nullable Integer status() {
		HttpStatusCode statusCode = getStatusCode();
		return (statusCode != null) ? statusCode.value() : null;
	}

	/**
	 * Return the headers of the last answer.
	 * @return the headers, read-only, empty if the last attempt got no answer
	 */
	public HttpHeaders getHeaders() {
		return this.details.headers;
	}

	/**
	 * Return how many requests were made.
	 * @return the number of attempts, zero if the event was refused before any request
	 */
	public int getAttempts() {
		return this.details.attempts;
	}

	/**
	 * Return the type of the event.
	 * @return the type, for example {@code booking_confirmed}, or {@code null} if there
	 * was no event
	 */
	public @Nullable String getEventType() {
		return this.details.eventType;
	}

	/**
	 * Return the first characters of the session id.
	 * @return the masked session id, or {@code null} if the event had none
	 */
	public @Nullable String getMaskedSessionId() {
		return this.details.maskedSessionId;
	}

	/**
	 * Return how long the API asked to wait before the next request, with the
	 * {@code Retry-After} header of the last answer.
	 * @return the delay, not limited by {@code hopper.retry.max-retry-after}, or
	 * {@code null} if the API did not ask
	 */
	public @Nullable Duration getRetryAfter() {
		return this.details.retryAfter;
	}

	/**
	 * Return whether the event may have been counted although it was not confirmed,
	 * because the answer to at least one of the attempts was lost. Sending it again may
	 * then count it twice.
	 * @return whether a request was sent whose answer is not known
	 */
	public boolean isDeliveryUnknown() {
		return this.details.deliveryUnknown;
	}

	/**
	 * Return whether sending the same event again later can succeed without anybody
	 * changing the event or the configuration.
	 * @return whether the failure may pass by itself
	 */
	public boolean isTransient() {
		return this.kind.isTransient();
	}

	/**
	 * The event was refused before any request, because the API could not accept it:
	 * there is a mistake in the session id or in the event.
	 */
	public static final class InvalidEvent extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 */
		public InvalidEvent(Details details) {
			super(FailureKind.INVALID_EVENT, details);
		}

	}

	/**
	 * The API read the event and refused it: {@code 400} (it is malformed), {@code 413}
	 * (it is too large) or {@code 422} (its content makes no sense to the API).
	 */
	public static final class Rejected extends HopperApiException {

		private final List<ApiError> errors;

		/**
		 * Create an instance.
		 * @param details what happened
		 * @param errors what the API said is wrong
		 */
		public Rejected(Details details, List<ApiError> errors) {
			super(details.kind(FailureKind.REJECTED, FailureKind.TOO_LARGE), details);
			this.errors = List.copyOf(errors);
		}

		/**
		 * Return what the API said is wrong.
		 * @return the errors, unmodifiable, empty if the answer had no readable ones
		 */
		public List<ApiError> getErrors() {
			return this.errors;
		}

	}

	/**
	 * No bearer token could be obtained, so nothing was sent.
	 */
	public static final class SignInFailed extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 * @param temporary whether the failure may pass by itself
		 */
		public SignInFailed(Details details, boolean temporary) {
			super(temporary ? FailureKind.SIGN_IN_FAILED : FailureKind.SIGN_IN_REFUSED, details);
		}

	}

	/**
	 * The API did not accept the bearer token: {@code 401}.
	 */
	public static final class Unauthorized extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 */
		public Unauthorized(Details details) {
			super(FailureKind.UNAUTHORIZED, details);
		}

	}

	/**
	 * The API knows the client, which lacks the permission to send events: {@code 403}.
	 */
	public static final class Forbidden extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 */
		public Forbidden(Details details) {
			super(FailureKind.FORBIDDEN, details);
		}

	}

	/**
	 * There is nothing at this address: {@code 404}. Either {@code hopper.base-url} is
	 * wrong or the API does not know the session.
	 */
	public static final class NotFound extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 */
		public NotFound(Details details) {
			super(FailureKind.NOT_FOUND, details);
		}

	}

	/**
	 * Too many requests: {@code 429}, after all retries. {@link #getRetryAfter()} tells
	 * for how long.
	 */
	public static final class RateLimited extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 */
		public RateLimited(Details details) {
			super(FailureKind.RATE_LIMITED, details);
		}

	}

	/**
	 * The API or a gateway before it failed: {@code 5xx}, after all retries.
	 */
	public static final class ServerError extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 */
		public ServerError(Details details) {
			super(details.kind(FailureKind.SERVER_ERROR, FailureKind.OTHER_SERVER_ERROR), details);
		}

	}

	/**
	 * There was no answer in time, or the answer was {@code 408}, after all retries.
	 */
	public static final class Timeout extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 */
		public Timeout(Details details) {
			super(FailureKind.TIMEOUT, details);
		}

	}

	/**
	 * No connection could be made, or it broke before the answer came.
	 */
	public static final class ConnectionFailed extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 * @param temporary whether the failure may pass by itself; {@code false} for an
		 * untrusted certificate or a host name that never could be resolved
		 */
		public ConnectionFailed(Details details, boolean temporary) {
			super(temporary ? FailureKind.CONNECTION_FAILED : FailureKind.UNREACHABLE, details);
		}

	}

	/**
	 * Too many events were being published at a time: more than
	 * {@code hopper.client.pool.max-connections} in flight and
	 * {@code hopper.client.pool.max-pending-acquires} waiting, or no connection of the
	 * pool became free. Nothing was sent.
	 */
	public static final class Overloaded extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 */
		public Overloaded(Details details) {
			super(FailureKind.OVERLOADED, details);
		}

	}

	/**
	 * The API never gives such an answer: a {@code 2xx} other than {@code 204}, a
	 * redirect, or a {@code 4xx} that has no meaning for events. Most often a proxy, a
	 * captive portal or another application answered.
	 */
	public static final class UnexpectedResponse extends HopperApiException {

		/**
		 * Create an instance.
		 * @param details what happened
		 */
		public UnexpectedResponse(Details details) {
			super(FailureKind.UNEXPECTED_RESPONSE, details);
		}

	}

	/**
	 * What all {@link HopperApiException exceptions} know. Immutable; every {@code with}
	 * method returns a copy. Applications need it to let a test double of
	 * {@link EventPublisher} fail.
	 */
	public static final class Details implements Serializable {

		private final String message;

		private final @Nullable HttpStatusCode statusCode;

		private final HttpHeaders headers;

		private final int attempts;

		private final @Nullable String eventType;

		private final @Nullable String maskedSessionId;

		private final @Nullable Duration retryAfter;

		private final boolean deliveryUnknown;

		private final @Nullable Throwable cause;

		private Details(String message, @Nullable HttpStatusCode statusCode, HttpHeaders headers, int attempts,
				@Nullable String eventType, @Nullable String maskedSessionId, @Nullable Duration retryAfter,
				boolean deliveryUnknown, @Nullable Throwable cause) {
			this.message = message;
			this.statusCode = statusCode;
			this.headers = headers;
			this.attempts = attempts;
			this.eventType = eventType;
			this.maskedSessionId = maskedSessionId;
			this.retryAfter = retryAfter;
			this.deliveryUnknown = deliveryUnknown;
			this.cause = cause;
		}

		/**
		 * Return which of two kinds the status means.
		 */
		FailureKind kind(FailureKind usual, FailureKind other) {
			return (this.statusCode != null && FailureKind.ofStatus(this.statusCode) == other) ? other : usual;
		}

		/**
		 * Create details that have nothing but a message.
		 * @param message what happened and what to do next
		 * @return the details
		 */
		public static Details of(String message) {
			Assert.hasText(message, "'message' must not be empty");
			return new Details(message, null, HttpHeaders.EMPTY, 0, null, null, null, false, null);
		}

		/**
		 * Set the answer.
		 * @param statusCode the HTTP status
		 * @param headers the headers
		 * @return a copy with that answer
		 */
		public Details withResponse(HttpStatusCode statusCode, HttpHeaders headers) {
			// Copied, because the headers of an answer are not serializable
			return new Details(this.message, statusCode, HttpHeaders.readOnlyHttpHeaders(HttpHeaders.copyOf(headers)),
					this.attempts, this.eventType, this.maskedSessionId, this.retryAfter, this.deliveryUnknown,
					this.cause);
		}

		/**
		 * Set how many requests were made.
		 * @param attempts the number of attempts
		 * @return a copy with that number
		 */
		public Details withAttempts(int attempts) {
			return new Details(this.message, this.statusCode, this.headers, attempts, this.eventType,
					this.maskedSessionId, this.retryAfter, this.deliveryUnknown, this.cause);
		}

		/**
		 * Set the type of the event.
		 * @param eventType the type, or {@code null}
		 * @return a copy with that type
		 */
		public Details withEventType(@Nullable String eventType) {
			return new Details(this.message, this.statusCode, this.headers, this.attempts, eventType,
					this.maskedSessionId, this.retryAfter, this.deliveryUnknown, this.cause);
		}

		/**
		 * Set the session id, of which only the first characters are kept.
		 * @param sessionId the session id, or {@code null}
		 * @return a copy with the masked id
		 */
		public Details withSessionId(@Nullable String sessionId) {
			return new Details(this.message, this.statusCode, this.headers, this.attempts, this.eventType,
					SessionEvent.maskSessionId(sessionId), this.retryAfter, this.deliveryUnknown, this.cause);
		}

		/**
		 * Set how long the API asked to wait.
		 * @param retryAfter the delay, or {@code null}
		 * @return a copy with that delay
		 */
		public Details withRetryAfter(@Nullable Duration retryAfter) {
			return new Details(this.message, this.statusCode, this.headers, this.attempts, this.eventType,
					this.maskedSessionId, retryAfter, this.deliveryUnknown, this.cause);
		}

		/**
		 * Set whether a request was sent whose answer is not known.
		 * @param deliveryUnknown whether the event may have been counted
		 * @return a copy that says so
		 */
		public Details withDeliveryUnknown(boolean deliveryUnknown) {
			return new Details(this.message, this.statusCode, this.headers, this.attempts, this.eventType,
					this.maskedSessionId, this.retryAfter, deliveryUnknown, this.cause);
		}

		/**
		 * Set the cause.
		 * @param cause the cause, which must not carry the request, or {@code null}
		 * @return a copy with that cause
		 */
		public Details withCause(@Nullable Throwable cause) {
			return new Details(this.message, this.statusCode, this.headers, this.attempts, this.eventType,
					this.maskedSessionId, this.retryAfter, this.deliveryUnknown, cause);
		}

	}

}
