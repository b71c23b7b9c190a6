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

import java.io.IOException;
import java.io.Serial;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.auth.TokenRequestException;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.AbortedException;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Why one attempt failed and whether another one may follow. Never leaves this package:
 * at the end of a publication it becomes a
 * {@link com.hopper.hts.events.HopperApiException}, which also knows the attempts before.
 */
final class AttemptFailure extends RuntimeException {

	@Serial
	private static final long serialVersionUID = 1L;

	private final FailureKind kind;

	private final boolean retryable;

	private final boolean deliveryUnknown;

	private final String description;

	private final @Nullable HttpStatusCode statusCode;

	private final HttpHeaders headers;

	private final transient @Nullable Duration retryAfter;

	private final List<ApiError> errors;

	private AttemptFailure(FailureKind kind, boolean retryable, boolean deliveryUnknown, String description,
			@Nullable HttpStatusCode statusCode, HttpHeaders headers, @Nullable Duration retryAfter,
			List<ApiError> errors, @Nullable Throwable cause) {
		super(description, cause, false, false);
		this.kind = kind;
		this.retryable = retryable;
		this.deliveryUnknown = deliveryUnknown;
		this.description = description;
		this.statusCode = statusCode;
		this.headers = headers;
		this.retryAfter = retryAfter;
		this.errors = errors;
	}

	/**
	 * An answer other than {@code 204} was received.
	 * @param statusCode the status
	 * @param headers the headers
	 * @param retryAfter how long the API asked to wait
	 * @param errors the parsed errors
	 * @param description the answer in words
	 * @return the failure
	 */
	static AttemptFailure ofResponse(HttpStatusCode statusCode, HttpHeaders headers, @Nullable Duration retryAfter,
			List<ApiError> errors, String description) {
		// A gateway that lost the answer of the API cannot tell whether the API counted,
		// and
		// whoever answered 200 may have passed the event on
		boolean deliveryUnknown = switch (statusCode.value()) {
			case 500, 501, 503 -> false;
			default -> statusCode.is5xxServerError() || statusCode.is2xxSuccessful();
		};
		FailureKind kind = FailureKind.ofStatus(statusCode);
		return new AttemptFailure(kind, kind.isRetried(), deliveryUnknown, description, statusCode, headers, retryAfter,
				errors, null);
	}

	/**
	 * There was no answer in time.
	 * @param timeout the time
	 * @param onTimeout whether a request that was sent and not answered is repeated
	 * @param sent whether the request was handed to a connection
	 * @return the failure
	 */
	static AttemptFailure ofTimeout(Duration timeout, boolean onTimeout, boolean sent) {
		return withoutResponse(FailureKind.TIMEOUT, onTimeout || !sent, sent,
				(sent ? "there was no complete answer within %s" : "the request could not be sent within %s")
					.formatted(Durations.format(timeout)),
				null);
	}

	/**
	 * A filter of the application failed.
	 * @param description what happened
	 * @param temporary whether it may pass
	 * @param deliveryUnknown whether the event may have been counted
	 * @return the failure
	 */
	static AttemptFailure ofFilter(String description, boolean temporary, boolean deliveryUnknown) {
		return withoutResponse(temporary ? FailureKind.CONNECTION_FAILED : FailureKind.UNREACHABLE, temporary,
				deliveryUnknown, description, null);
	}

	/**
	 * There was no answer.
	 * @param failure what was thrown
	 * @param onTimeout whether a request without an answer is repeated
	 * @param reached whether the API has answered any request before
	 * @param sent whether the request was handed to a connection
	 * @return the failure
	 */
	static AttemptFailure of(Throwable failure, boolean onTimeout, boolean reached, boolean sent) {
		if (failure instanceof AttemptFailure attemptFailure) {
			return attemptFailure;
		}
		TokenRequestException tokenFailure = find(failure, TokenRequestException.class);
		if (tokenFailure != null) {
			FailureKind kind = tokenFailure.isTransient() ? FailureKind.SIGN_IN_FAILED : FailureKind.SIGN_IN_REFUSED;
			return new AttemptFailure(kind, kind.isRetried(), false, "signing in failed: " + tokenFailure.getMessage(),
					null, HttpHeaders.EMPTY, tokenFailure.getRetryAfter(), List.of(), tokenFailure);
		}
		// A filter of the application may have wrapped it
		WebClientRequestException requestFailure = find(failure, WebClientRequestException.class);
		Throwable cause = withoutRequest((requestFailure != null) ? requestFailure : failure);
		if (cause == null) {
			return withoutResponse(FailureKind.UNEXPECTED_RESPONSE, false, sent, "the answer could not be read", null);
		}
		if (cause instanceof UnknownHostException) {
			// Once the API was reached its name is right and the resolver is to blame
			return connection(reached, false, "the name of its host could not be resolved", cause);
		}
		if (isPoolExhausted(cause)) {
			return withoutResponse(FailureKind.OVERLOADED, true, false,
					"all connections of the pool (hopper.client.pool.*) were in use", cause);
		}
		if (cause instanceof ConnectException || cause instanceof NoRouteToHostException
				|| cause instanceof SslHandshakeTimeoutException) {
			return connection(true, false, "no connection could be made (%s)".formatted(cause.getMessage()), cause);
		}
		if (cause instanceof SSLException sslException) {
			return ofSsl(sslException, sent);
		}
		if (cause instanceof TimeoutException || cause instanceof io.netty.handler.timeout.TimeoutException) {
			return withoutResponse(FailureKind.TIMEOUT, onTimeout || !sent, sent, "there was no answer in time", cause);
		}
		if (cause instanceof IOException || cause instanceof PrematureChannelClosureException
				|| cause instanceof AbortedException) {
			return connection(true, sent,
					"the connection broke before the answer came (%s)".formatted(cause.getMessage()), cause);
		}
		// Not of the network: what answered is not HTTP, or a filter of the application
		// failed
		return connection(false, sent, "the request failed (%s)".formatted(cause.getClass().getSimpleName()), cause);
	}

	private static AttemptFailure ofSsl(SSLException cause, boolean sent) {
		boolean closed = find(cause, ClosedChannelException.class) != null
				|| String.valueOf(cause.getMessage()).contains("closed while SSL/TLS handshake");
		if (!closed && (cause instanceof SSLHandshakeException || cause instanceof SSLPeerUnverifiedException
				|| cause instanceof NotSslRecordException || String.valueOf(cause.getMessage()).contains("alert"))) {
			return connection(false, false,
					"the TLS connection was refused by one of the sides (%s)"
						.formatted((cause instanceof NotSslRecordException) ? "the other side does not speak TLS"
								: rootMessage(cause)),
					cause);
		}
		return connection(true, sent, "the TLS connection broke (%s)".formatted(cause.getMessage()), cause);
	}

	private static AttemptFailure connection(boolean temporary, boolean deliveryUnknown, String description,
			Throwable cause) {
		return withoutResponse(temporary ? FailureKind.CONNECTION_FAILED : FailureKind.UNREACHABLE, temporary,
				deliveryUnknown, description, cause);
	}

	private static AttemptFailure withoutResponse(FailureKind kind, boolean retryable, boolean deliveryUnknown,
			String description, @Nullable Throwable cause) {
		return new AttemptFailure(kind, retryable, deliveryUnknown, description, null, HttpHeaders.EMPTY, null,
				List.of(), cause);
	}

	/**
	 * Unwrap the exceptions of {@code WebClient}: they carry the headers of the request,
	 * the token among them.
	 * @param failure what was thrown
	 * @return the first cause that knows nothing of the request, or {@code null}
	 */
	private static @Nullable Throwable withoutRequest(@Nullable Throwable failure) {
		Throwable candidate = failure;
		while (candidate instanceof WebClientRequestException || candidate instanceof WebClientResponseException) {
			candidate = candidate.getCause();
		}
		return candidate;
	}

	private static boolean isPoolExhausted(Throwable cause) {
		// The types are internal to Reactor Netty and may move
		return cause.getClass().getSimpleName().startsWith("PoolAcquire");
	}

	/**
	 * Find a type among an exception and its causes.
	 * @param <T> the type
	 * @param failure what was thrown
	 * @param type the type
	 * @return the first of the type, or {@code null}
	 */
	static <T> @Nullable T find(Throwable failure, Class<T> type) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (type.isInstance(cause)) {
				return type.cast(cause);
			}
		}
		return null;
	}

	private static @Nullable String rootMessage(Throwable failure) {
		Throwable root = failure;
		while (root.getCause() != null && root.getCause() != root) {
			root = root.getCause();
		}
		return root.getMessage();
	}

	FailureKind kind() {
		return this.kind;
	}

	boolean isRetryable() {
		return this.retryable;
	}

	boolean isDeliveryUnknown() {
		return this.deliveryUnknown;
	}

	String description() {
		return this.description;
	}

	@Nullable HttpStatusCode statusCode() {
		return this.statusCode;
	}

	HttpHeaders headers() {
		return this.headers;
	}

	@Nullable Duration retryAfter() {
		return this.retryAfter;
	}

	List<ApiError> errors() {
		return this.errors;
	}

}
