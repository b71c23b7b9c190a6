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
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.TokenRequestException;
import io.netty.channel.ChannelException;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.resolver.dns.DnsErrorCauseException;
import io.netty.resolver.dns.DnsNameResolverException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;
import reactor.util.context.Context;

import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Why one attempt failed, and whether another one may follow. Answers, failures of the
 * network and of proxies, and failed sign-ins are judged here, for calls of the API and
 * for requests for tokens alike. At the end of a call it becomes a
 * {@link HopperApiException}, which also knows the attempts before. It never carries the
 * request.
 *
 * @since 0.1.0
 */
public final class AttemptFailure extends RuntimeException {

	private static final int MAX_BODY_SIZE = 64 * 1024;

	/**
	 * Limits the search, because causes may form a cycle.
	 */
	private static final int MAX_CAUSES = 100;

	private static final Duration MAX_RETRY_AFTER = Duration.ofDays(365);

	/**
	 * Line breaks of all kinds, what terminals act on, what is not seen, and halves of
	 * characters.
	 */
	private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]+");

	/**
	 * What kind of failure it is.
	 */
	private final FailureKind kind;

	/**
	 * Whether the API may have acted on the request.
	 */
	private final boolean deliveryUnknown;

	/**
	 * The failure in words.
	 */
	private final String description;

	/**
	 * The status of the answer, if there was one.
	 */
	private final @Nullable HttpStatusCode statusCode;

	/**
	 * The headers of the answer, if there was one.
	 */
	private final HttpHeaders headers;

	private final transient @Nullable Duration retryAfter;

	/**
	 * What the API found wrong.
	 */
	private final List<ApiError> errors;

	private AttemptFailure(FailureKind kind, boolean deliveryUnknown, String description, @Nullable Throwable cause) {
		this(kind, deliveryUnknown, description, null, HttpHeaders.EMPTY, null, List.of(), cause);
	}

	private AttemptFailure(FailureKind kind, boolean deliveryUnknown, String description,
			@Nullable HttpStatusCode statusCode, HttpHeaders headers, @Nullable Duration retryAfter,
			List<ApiError> errors, @Nullable Throwable cause) {
		super(description, cause, false, false);
		this.kind = kind;
		this.deliveryUnknown = deliveryUnknown;
		this.description = description;
		this.statusCode = statusCode;
		this.headers = headers;
		this.retryAfter = retryAfter;
		this.errors = errors;
	}

	/**
	 * Judge an answer other than success.
	 */
	static AttemptFailure ofResponse(HttpStatusCode statusCode, HttpHeaders headers, @Nullable Duration retryAfter,
			List<ApiError> errors, String description) {
		return new AttemptFailure(FailureKind.ofStatus(statusCode), isDeliveryUnknown(statusCode), description,
				statusCode, headers, retryAfter, errors, null);
	}

	/**
	 * Return whether the API may have acted on a request with this answer.
	 */
	static boolean isDeliveryUnknown(HttpStatusCode statusCode) {
		// A gateway that lost the answer cannot tell whether the API counted the event,
		// and whoever answered 200 may have passed the event on.
		return switch (statusCode.value()) {
			case 500, 501, 503 -> false;
			default -> statusCode.is5xxServerError() || statusCode.is2xxSuccessful();
		};
	}

	/**
	 * Judge an attempt whose time is over.
	 * @param sent whether the request was handed to a connection
	 */
	static AttemptFailure ofTimeout(URI uri, Duration timeout, boolean sent) {
		return new AttemptFailure(FailureKind.TIMEOUT, sent,
				(sent ? "there was no complete answer of " : "the request could not be sent to ") + host(uri)
						+ " within " + Durations.format(timeout),
				null);
	}

	/**
	 * Judge what was thrown instead of an answer.
	 * @param failure what was thrown
	 * @param uri where the request was to go
	 * @param reached whether there was ever an answer from there
	 * @param sent whether the request was handed to a connection
	 * @return the failure
	 */
	public static AttemptFailure of(Throwable failure, URI uri, boolean reached, boolean sent) {
		if (failure instanceof AttemptFailure attemptFailure) {
			return attemptFailure;
		}
		TokenRequestException signIn = find(failure, TokenRequestException.class);
		if (signIn != null) {
			return new AttemptFailure(signIn.isTransient() ? FailureKind.SIGN_IN_FAILED : FailureKind.SIGN_IN_REFUSED,
					false, "signing in failed: " + signIn.getMessage(), null, HttpHeaders.EMPTY, signIn.getRetryAfter(),
					List.of(), signIn);
		}
		ProxyFailure proxyFailure = ProxyFailure.find(failure);
		if (proxyFailure != null) {
			boolean unresolved = proxyFailure.getCause() instanceof UnresolvedAddressException;
			return connection(proxyFailure.isTransient() || (unresolved && reached), false,
					String.valueOf(proxyFailure.getMessage()), proxyFailure);
		}
		// Searched among the causes, because a filter of the application may have wrapped
		// it
		WebClientRequestException requestFailure = find(failure, WebClientRequestException.class);
		String host = host((requestFailure != null) ? requestFailure.getUri() : uri);
		Throwable cause = withoutRequest((requestFailure != null) ? requestFailure : failure);
		if (cause == null) {
			return new AttemptFailure(FailureKind.UNEXPECTED_RESPONSE, sent,
					"the answer of " + host + " could not be read", null);
		}
		if (cause instanceof UnknownHostException) {
			// A host that was reached before has the right name: the resolver fails,
			// which passes
			boolean unanswered = isUnanswered(cause);
			return connection(reached || unanswered, false, "the name of its host, " + host + ", could not be resolved"
					+ (unanswered ? " because the name server failed" : ""), cause);
		}
		if (cause instanceof UnresolvedAddressException) {
			return connection(reached, false, "the name of the proxy on the way to " + host + " could not be resolved",
					cause);
		}
		if (isOfPool(cause, "PoolAcquire")) {
			return new AttemptFailure(FailureKind.OVERLOADED, false,
					"all connections of the pool (hopper.client.pool.*) were in use", cause);
		}
		if (isOfPool(cause, "PoolShutdown")) {
			return connection(true, sent,
					"the connections to " + host + " were closed, as at the end of the application", cause);
		}
		if (cause instanceof ConnectException || cause instanceof NoRouteToHostException
				|| cause instanceof SslHandshakeTimeoutException) {
			return connection(true, false, "no connection could be made to " + host + " (" + cause.getMessage() + ")",
					cause);
		}
		if (cause instanceof SSLException sslException) {
			return ofTls(sslException, host, sent);
		}
		if (cause instanceof TimeoutException || cause instanceof io.netty.handler.timeout.TimeoutException) {
			return new AttemptFailure(FailureKind.TIMEOUT, sent, "there was no answer of " + host + " in time", cause);
		}
		if (cause instanceof ChannelException) {
			// No socket could be opened, because too many files are open for example
			return connection(true, sent, "no connection could be made to " + host + " (" + rootMessage(cause) + ")",
					cause);
		}
		if (cause instanceof ResponseFraming.RefusedUnreadException) {
			return connection(true, false, "the request was refused unread by " + host, cause);
		}
		if (cause instanceof IOException || cause instanceof PrematureChannelClosureException
				|| cause instanceof AbortedException) {
			return connection(true, sent,
					"the connection to " + host + " broke before the answer came (" + cause.getMessage() + ")", cause);
		}
		// The answer was not HTTP, or a filter of the application failed
		return connection(false, sent, "the request to " + host + " failed (" + cause.getClass().getSimpleName() + ")",
				cause);
	}

	private static AttemptFailure ofTls(SSLException cause, String host, boolean sent) {
		if (find(cause, CertificateException.class) != null || cause instanceof SSLPeerUnverifiedException) {
			return connection(false, false, "the TLS connection to " + host
					+ " was refused here, for its certificate is not the one of a trusted authority for this host and time ("
					+ rootMessage(cause) + "; authorities are those of hopper.client.ssl.bundle, or else of the JVM)",
					cause);
		}
		boolean closed = find(cause, ClosedChannelException.class) != null
				|| String.valueOf(cause.getMessage()).contains("closed while SSL/TLS handshake");
		if (cause instanceof NotSslRecordException) {
			return connection(false, false,
					"the TLS connection to " + host + " was not made (the other side does not speak TLS)", cause);
		}
		if (!closed
				&& (cause instanceof SSLHandshakeException || String.valueOf(cause.getMessage()).contains("alert"))) {
			return connection(false, false, "the TLS connection to " + host + " was refused by one of the sides ("
					+ rootMessage(cause) + "; certificates are those of hopper.client.ssl.bundle)", cause);
		}
		return connection(true, sent, "the TLS connection to " + host + " broke (" + cause.getMessage() + ")", cause);
	}

	/**
	 * Return whether a name could not be resolved because no name server said if it
	 * exists.
	 */
	private static boolean isUnanswered(Throwable cause) {
		DnsErrorCauseException answer = find(cause, DnsErrorCauseException.class);
		return (answer != null) ? DnsResponseCode.SERVFAIL.equals(answer.getCode())
				: find(cause, DnsNameResolverException.class) != null;
	}

	static AttemptFailure connection(boolean temporary, boolean deliveryUnknown, String description,
			@Nullable Throwable cause) {
		return new AttemptFailure(temporary ? FailureKind.CONNECTION_FAILED : FailureKind.UNREACHABLE, deliveryUnknown,
				description, cause);
	}

	/**
	 * Reactor Netty's types for this are internal and have nothing in common but the
	 * beginning of their names.
	 */
	private static boolean isOfPool(Throwable cause, String beginning) {
		return cause.getClass().getSimpleName().startsWith(beginning);
	}

	/**
	 * Turn the failure of the last attempt into the exception that applications see.
	 */
	HopperApiException toException(HopperApiException.Details details) {
		HopperApiException.Details all = details.withRetryAfter(this.retryAfter).withCause(getCause());
		if (this.statusCode != null) {
			all = all.withResponse(this.statusCode, this.headers);
		}
		return switch (this.kind) {
			case INVALID_EVENT -> new HopperApiException.InvalidEvent(all);
			case REJECTED, TOO_LARGE -> new HopperApiException.Rejected(all, this.errors);
			case SIGN_IN_FAILED, SIGN_IN_REFUSED -> new HopperApiException.SignInFailed(all, this.kind.isTransient());
			case UNAUTHORIZED -> new HopperApiException.Unauthorized(all);
			case FORBIDDEN -> new HopperApiException.Forbidden(all);
			case NOT_FOUND -> new HopperApiException.NotFound(all);
			case RATE_LIMITED -> new HopperApiException.RateLimited(all);
			case SERVER_ERROR, OTHER_SERVER_ERROR -> new HopperApiException.ServerError(all);
			case TIMEOUT -> new HopperApiException.Timeout(all);
			case CONNECTION_FAILED, UNREACHABLE ->
				new HopperApiException.ConnectionFailed(all, this.kind.isTransient());
			case OVERLOADED -> new HopperApiException.Overloaded(all);
			case UNEXPECTED_RESPONSE -> new HopperApiException.UnexpectedResponse(all);
		};
	}

	/**
	 * Return the kind of failure.
	 * @return the kind
	 */
	public FailureKind kind() {
		return this.kind;
	}

	/**
	 * Return whether another attempt may follow.
	 * @param onTimeout whether a request that was sent and not answered is repeated
	 */
	boolean isRetryable(boolean onTimeout) {
		return this.kind.isRetried() && (onTimeout || this.kind != FailureKind.TIMEOUT || !this.deliveryUnknown);
	}

	/**
	 * Return whether the request may have arrived.
	 * @return whether the event may have been counted
	 */
	boolean isDeliveryUnknown() {
		return this.deliveryUnknown;
	}

	/**
	 * Return what happened.
	 * @return the end of a sentence, without user info and query of the URL
	 */
	public String description() {
		return this.description;
	}

	@Nullable HttpStatusCode statusCode() {
		return this.statusCode;
	}

	@Nullable Duration retryAfter() {
		return this.retryAfter;
	}

	/**
	 * Unwrap the exceptions of {@code WebClient}: they carry the headers of the request,
	 * the token among them.
	 * @param failure what was thrown
	 * @return the first cause that is none of those exceptions, or {@code null}
	 */
	public static @Nullable Throwable withoutRequest(Throwable failure) {
		Throwable candidate = failure;
		while (candidate instanceof WebClientRequestException || candidate instanceof WebClientResponseException) {
			candidate = candidate.getCause();
		}
		return candidate;
	}

	/**
	 * Let all that is thrown while an attempt begins be its failure. Reactor throws what
	 * it takes for fatal, a class of another version that is missing for example, and
	 * nobody would hear what came of the attempt.
	 * @param <T> the type of the result
	 * @param attempt the attempt
	 * @return the same attempt
	 */
	public static <T> Mono<T> catching(Mono<T> attempt) {
		return Mono.create((sink) -> {
			try {
				sink.onDispose(
						attempt.subscribe(sink::success, sink::error, sink::success, Context.of(sink.contextView())));
			}
			catch (Throwable ex) {
				sink.error(ex);
			}
		});
	}

	/**
	 * Find a type among an exception and its causes.
	 * @param <T> the type
	 * @param failure what was thrown
	 * @param type the type
	 * @return the first of the type, or {@code null}
	 */
	public static <T> @Nullable T find(Throwable failure, Class<T> type) {
		Throwable cause = failure;
		for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
			if (type.isInstance(cause)) {
				return type.cast(cause);
			}
		}
		return null;
	}

	/**
	 * Return the answer to a request as it was before any filter of the application saw
	 * it.
	 * @param request a request of a call of the API
	 * @return the answer, or {@code null} if there is none or nobody has noted it
	 */
	public static @Nullable ClientResponse answer(ClientRequest request) {
		return (request.attributes().get(ApiClient.ANSWER_ATTRIBUTE) instanceof AtomicReference<?> reference
				&& reference.get() instanceof ClientResponse answer) ? answer : null;
	}

	/**
	 * Read the body of an answer, of which no more than a certain size is read.
	 * @param response the answer
	 * @return the body, which may be empty
	 */
	public static Mono<String> readBody(ClientResponse response) {
		return DataBufferUtils
			.join(DataBufferUtils.takeUntilByteCount(response.body(BodyExtractors.toDataBuffers()), MAX_BODY_SIZE))
			.map((buffer) -> {
				String body = buffer.toString(StandardCharsets.UTF_8);
				DataBufferUtils.release(buffer);
				// Some servers begin with a byte order mark, at which parsers of text
				// fail
				return body.startsWith("\uFEFF") ? body.substring(1) : body;
			})
			.defaultIfEmpty("");
	}

	/**
	 * Read the {@code Retry-After} header, which is a number of seconds or an HTTP date.
	 * @param headers the headers of an answer
	 * @param clock the clock that an HTTP date is compared with
	 * @return the time to wait, zero for a date in the past and one year at the most, or
	 * {@code null} if there is no such header or it cannot be understood
	 */
	public static @Nullable Duration retryAfter(HttpHeaders headers, Clock clock) {
		String value = headers.getFirst(HttpHeaders.RETRY_AFTER);
		if (value == null) {
			return null;
		}
		String text = value.trim();
		if (!text.isEmpty() && text.chars().allMatch((c) -> c >= '0' && c <= '9')) {
			String digits = text.replaceFirst("^0+(?=.)", "");
			// Ten digits are decades, which is more than the limit, and might not fit
			// into a long
			return (digits.length() > 9) ? MAX_RETRY_AFTER : atMost(Duration.ofSeconds(Long.parseLong(digits)));
		}
		try {
			Instant date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
			Duration wait = Duration.between(clock.instant(), date);
			return wait.isNegative() ? Duration.ZERO : atMost(wait);
		}
		catch (DateTimeParseException ex) {
			return null;
		}
	}

	private static Duration atMost(Duration wait) {
		return (wait.compareTo(MAX_RETRY_AFTER) < 0) ? wait : MAX_RETRY_AFTER;
	}

	/**
	 * Make what others have written fit for one line of a log.
	 * @param text the text
	 * @return the text with a space in place of what is no visible character
	 */
	public static String line(String text) {
		return UNPRINTABLE.matcher(text).replaceAll(" ").strip();
	}

	/**
	 * Shorten a text that {@link #line} has made.
	 * @param text the text
	 * @param length how many characters are kept at the most
	 * @return the text, with dots at its end if it was longer
	 */
	public static String shorten(String text, int length) {
		if (text.length() <= length) {
			return text;
		}
		return text.substring(0, Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length) + "...";
	}

	private static @Nullable String rootMessage(Throwable failure) {
		Throwable root = failure;
		for (int i = 0; root.getCause() != null && i < MAX_CAUSES; i++) {
			root = root.getCause();
		}
		return root.getMessage();
	}

	/**
	 * Show a URL in a message.
	 * @param uri the URL
	 * @return scheme, host, port and path, without user info and query
	 */
	public static String url(URI uri) {
		return uri.getScheme() + "://" + host(uri) + ((uri.getRawPath() != null) ? uri.getRawPath() : "");
	}

	/**
	 * Return where a URL leads, to tell whether it leads to the API. The host is read
	 * from the authority, because {@link URI#getHost()} returns {@code null} for one with
	 * an underscore.
	 * @param uri the URL
	 * @return scheme, host and port in lower case, without user info and without the port
	 * that the scheme has by default
	 */
	public static String origin(URI uri) {
		String scheme = (uri.getScheme() != null) ? uri.getScheme().toLowerCase(Locale.ROOT) : "";
		String authority = (uri.getRawAuthority() != null) ? host(uri).toLowerCase(Locale.ROOT) : "";
		if (authority.endsWith(":")) {
			authority = authority.substring(0, authority.length() - 1);
		}
		String defaultPort = scheme.equals("https") ? ":443" : ":80";
		return scheme + "://" + (authority.endsWith(defaultPort)
				? authority.substring(0, authority.length() - defaultPort.length()) : authority);
	}

	static String host(URI uri) {
		// Not getHost(): it is null for a host with an underscore
		String authority = String.valueOf(uri.getRawAuthority());
		return authority.substring(authority.lastIndexOf('@') + 1);
	}

}
