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
package com.hopper.hts.events.outbox;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.http.AttemptFailure;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.util.Assert;

/**
 * Says in sentences whether events are flowing, what is wrong, and which property or
 * person mends it. Health, the endpoint, the log and the report of a failed start have
 * their sentences from here. Everything is known already: nothing is requested and
 * nothing is read. The sentences carry no secret, are in English, and have times in UTC.
 * Instances are safe for use by many threads.
 *
 * @since 0.1.0
 */
public final class HopperDiagnosis implements AopInfrastructureBean {

	// Keeps advice on whole packages off: a final class cannot be proxied with a subclass

	private static final int MAX_LENGTH = 600;

	private static final Pattern CREDENTIALS_REFUSED = Pattern.compile(" answered 401\\b|\\binvalid_client\\b");

	private static final Pattern USER_INFO = Pattern.compile("://[^/\\s@]*@");

	/**
	 * What the message of a failed publication says of the event, of which there is but
	 * one while all others wait as well.
	 */
	private static final Pattern ABOUT_THE_EVENT = Pattern
		.compile("^The [^:]{1,100} was not delivered: |, after \\d{1,9} attempts?(?=[.;]|$)");

	private final Supplier<Facts> facts;

	/**
	 * Create an instance.
	 * @param facts gives what is known whenever somebody asks, and must not block
	 */
	public HopperDiagnosis(Supplier<Facts> facts) {
		Assert.notNull(facts, "'facts' must not be null");
		this.facts = facts;
	}

	/**
	 * Create an instance for an application that has a client of its own.
	 */
	static HopperDiagnosis ofNothing() {
		Facts facts = new Facts(true, null, true);
		return new HopperDiagnosis(() -> facts);
	}

	/**
	 * Say how things stand.
	 * @param outbox the state of the outbox, or {@code null} if there is none
	 * @param failure the last failure, or {@code null} if an event has been delivered
	 * since, or nobody knows
	 * @param limits what is too much
	 * @param now the time
	 * @return the findings, the most urgent first and never empty
	 */
	public List<Finding> examine(@Nullable EventOutboxState outbox, @Nullable LastFailure failure, Limits limits,
			Instant now) {
		Assert.notNull(limits, "'limits' must not be null");
		Assert.notNull(now, "'now' must not be null");
		Facts facts = this.facts.get();
		if (!facts.enabled()) {
			return List.of(new Finding(Set.of(),
					"Nothing is sent to Hopper, and events are dropped, because hopper.enabled is false."));
		}
		List<Finding> findings = new ArrayList<>();
		EventOutboxState.Pause pause = (outbox != null) ? outbox.pause() : null;
		if (pause != null) {
			findings.add(new Finding(conditions(pause), describe(pause)));
		}
		if (findings.stream().noneMatch((finding) -> finding.conditions().contains(Condition.SIGN_IN_FAILED))) {
			addSignIn(findings, facts);
		}
		if (outbox != null) {
			addOutbox(findings, outbox, limits, now);
		}
		if (findings.stream().allMatch((finding) -> finding.conditions().isEmpty())) {
			findings.add(0, new Finding(Set.of(), (failure != null) ? failed(failure) : flowing(facts, outbox)));
		}
		return List.copyOf(findings);
	}

	private static Set<Condition> conditions(EventOutboxState.Pause pause) {
		return switch (pause.reason()) {
			case SIGN_IN_FAILED, UNAUTHORIZED -> EnumSet.of(Condition.PAUSED, Condition.SIGN_IN_FAILED);
			default -> EnumSet.of(Condition.PAUSED);
		};
	}

	/**
	 * Say why the relay sends nothing.
	 * @param pause the pause
	 * @return sentences
	 */
	public String describe(EventOutboxState.Pause pause) {
		Assert.notNull(pause, "'pause' must not be null");
		Facts facts = this.facts.get();
		String message = clean(pause.message());
		String since = time(pause.since());
		return (pause.reason() == EventOutboxState.PauseReason.OPERATOR) ? "Paused by an operator since " + since + ": "
				+ sentence(message)
				+ " Deliveries go on when somebody resumes them, with the endpoint hopperevents or with EventOutboxOperations.resume()."
				: "Paused since " + since + ": " + sentence(cause(message)) + " "
						+ advice(facts, pause.reason(), message);
	}

	private static String advice(Facts facts, EventOutboxState.PauseReason reason, String message) {
		return switch (reason) {
			case OPERATOR -> "";
			case SIGN_IN_FAILED -> signInAdvice(facts, message);
			case UNAUTHORIZED -> tokenAdvice(facts);
			case FORBIDDEN -> FailureKind.FORBIDDEN.advice();
			case NOT_FOUND ->
				"Check " + facts.baseUrl() + ": nothing gets through there. If it is right, check the proxies and "
						+ "gateways on the way, hopper.client.proxy.* among them.";
			case CONNECTION_FAILED -> "Check " + facts.baseUrl()
					+ " and hopper.client.*, the proxy and the SSL bundle above all: no connection can be made before "
					+ "one of them is changed.";
			case RATE_LIMITED -> "Nothing has to be changed, deliveries go on when the time is over. If this happens "
					+ "often, lower hopper.outbox.concurrency or ask Hopper for a higher limit.";
			case API_UNAVAILABLE -> "Nothing has to be changed here, deliveries go on when the API answers again. If "
					+ "this lasts, ask Hopper" + (message.contains(FailureKind.TIMEOUT.advice())
							? ", or allow more time with hopper.client.response-timeout." : ".");
		};
	}

	/**
	 * Say why there is no token, or why the API takes none.
	 */
	private static void addSignIn(List<Finding> findings, Facts facts) {
		if (!(facts.tokenProvider() instanceof RotatingTokenProvider provider)) {
			return;
		}
		RotatingTokenProvider.State state = provider.isGiven() ? null : provider.state();
		String failure = (state != null) ? state.failure() : null;
		if (state != null && failure != null && state.failedAt() != null) {
			String message = clean(failure);
			String consequence = state.valid()
					? "The token could not be renewed at " + time(state.failedAt()) + " and is used until it expires"
							+ ((state.expiresAt() != null) ? " at " + time(state.expiresAt()) : "")
					: "Nothing can be sent, signing in failed at " + time(state.failedAt());
			findings.add(new Finding(state.valid() ? Set.of() : EnumSet.of(Condition.SIGN_IN_FAILED),
					consequence + ": " + sentence(message) + " " + signInAdvice(facts, message)));
			return;
		}
		Instant rejectedAt = provider.rejectedAt();
		if (rejectedAt != null) {
			findings.add(new Finding(EnumSet.of(Condition.SIGN_IN_FAILED),
					"The API has answered 401 since " + time(rejectedAt) + ". " + tokenAdvice(facts)));
		}
	}

	/**
	 * Say what mends a failed sign-in.
	 * @param failure the failure
	 * @return a sentence with the failure, and one with the advice
	 */
	public String describeSignIn(Throwable failure) {
		String message = (failure.getMessage() != null) ? failure.getMessage() : failure.getClass().getSimpleName();
		return sentence(clean(message)) + " " + signInAdvice(this.facts.get(), message);
	}

	private static String signInAdvice(Facts facts, String message) {
		if (!(facts.tokenProvider() instanceof RotatingTokenProvider provider)) {
			return "Check " + facts.ownProvider() + ".";
		}
		if (provider.isGiven()) {
			return "Check " + facts.token() + ".";
		}
		if (!CREDENTIALS_REFUSED.matcher(message).find()) {
			return "Signing in is tried again. If it keeps failing, check " + facts.clientId() + ", "
					+ facts.clientSecret() + " and the address to sign in at, which is " + facts.tokenUri()
					+ ", or else " + facts.baseUrl() + " with /auth.";
		}
		RotatingTokenProvider.State state = provider.state();
		Instant accepted = (state != null) ? state.succeededAt() : null;
		return (accepted != null)
				? facts.clientSecret() + " was accepted until " + time(accepted)
						+ ": it has probably been rotated, so set the new one."
				: facts.clientSecret() + " has never been accepted since the application was started or it was set: "
						+ "check it and " + facts.clientId() + ".";
	}

	private static String tokenAdvice(Facts facts) {
		if (!(facts.tokenProvider() instanceof RotatingTokenProvider provider)) {
			return "Check " + facts.ownProvider() + ": its token has expired, or was not issued for the API at "
					+ facts.baseUrl() + ".";
		}
		Instant accepted = provider.acceptedAt();
		if (provider.isGiven()) {
			return (accepted != null)
					? facts.token() + " was accepted until " + time(accepted)
							+ ": it has probably expired or been revoked, so set a new one."
					: facts.token() + " has never been accepted since the application was started or it was set: check "
							+ "that it has not expired and was issued for the API at " + facts.baseUrl() + ".";
		}
		RotatingTokenProvider.State state = provider.state();
		String failure = (state != null) ? state.failure() : null;
		if (failure != null) {
			return "Signing in fails too: " + sentence(clean(failure)) + " " + signInAdvice(facts, failure);
		}
		return "Signing in with " + facts.clientId() + " succeeds, but the API "
				+ ((accepted != null) ? "has taken no token of it since " + time(accepted) : "takes no token of it")
				+ ": ask Hopper whether this client is still permitted, and check that " + facts.baseUrl()
				+ " and hopper.auth.audience belong together.";
	}

	private static void addOutbox(List<Finding> findings, EventOutboxState outbox, Limits limits, Instant now) {
		boolean paused = outbox.pause() != null;
		String wayOut = paused ? " They are delivered when the pause is over."
				: " If this goes on, raise hopper.outbox.concurrency or start more instances.";
		if (outbox.pendingCount() >= limits.backlog()) {
			findings.add(new Finding(EnumSet.of(Condition.BACKLOG), count(outbox.pendingCount(), "waits", "wait")
					+ " for delivery, as many as hopper.health.backlog or more." + wayOut));
		}
		Instant oldest = outbox.oldestPending();
		if (oldest != null && oldest.isBefore(now.minus(limits.oldestAge()))) {
			findings.add(new Finding(EnumSet.of(Condition.OLDEST_AGE), "The oldest event waits since " + time(oldest)
					+ ", longer than hopper.health.oldest-age." + (paused ? "" : wayOut)));
		}
		if (outbox.deadCount() > 0) {
			findings.add(new Finding((outbox.deadCount() >= limits.deadLetters()) ? EnumSet
				.of(Condition.DEAD_LETTERS) : Set.of(), count(outbox.deadCount(), "was given up", "were given up")
						+ " (" + types(outbox)
						+ "). Somebody has to look at what the API refused, correct the application if need be, and "
						+ "replay or discard them with the endpoint hopperevents or with EventOutboxOperations."));
		}
	}

	private static String types(EventOutboxState outbox) {
		List<String> types = new ArrayList<>();
		new TreeMap<>(outbox.dead()).forEach((type, count) -> types.add(type + ": " + count));
		return String.join(", ", types);
	}

	/**
	 * Say that the outbox cannot be asked.
	 * @param failure why
	 * @return the finding
	 */
	public Finding unavailable(Throwable failure) {
		return new Finding(EnumSet.of(Condition.OUTBOX_UNAVAILABLE),
				"It is not known how many events wait, because the outbox cannot be read ("
						+ NestedExceptionUtils.getMostSpecificCause(failure).getClass().getSimpleName()
						+ "). Check the database or the broker that hopper.outbox.type stands for.");
	}

	/**
	 * One failure is no condition: the next event may get through.
	 */
	private static String failed(LastFailure failure) {
		return "The last attempt to send an event failed at " + time(failure.at()) + ": "
				+ sentence(cause(clean(failure.message()))) + " " + failure.kind().advice();
	}

	private static String flowing(Facts facts, @Nullable EventOutboxState outbox) {
		String waiting = "";
		if (outbox != null) {
			waiting = (outbox.pendingCount() == 0) ? ", none waits"
					: ", " + outbox.pendingCount() + ((outbox.pendingCount() == 1) ? " waits" : " wait")
							+ ((outbox.oldestPending() != null) ? " since " + time(outbox.oldestPending()) : "");
		}
		if (outbox != null && !outbox.running()) {
			return "This instance delivers nothing: its relay has not been started, or was stopped" + waiting + ".";
		}
		if (facts.tokenProvider() instanceof RotatingTokenProvider provider) {
			Instant accepted = provider.acceptedAt();
			if (accepted != null) {
				return "Events are flowing: the API took the last request at " + time(accepted) + waiting + ".";
			}
			return "Nothing is known to be wrong: nothing has been sent so far" + waiting + ".";
		}
		return "Nothing is known to be wrong: the application signs in by itself" + waiting + ".";
	}

	private static String count(long count, String one, String many) {
		return (count == 1) ? "1 event " + one : count + " events " + many;
	}

	/**
	 * Leave out what a failure says of the event, and what it advises, which is more
	 * general than what we know.
	 */
	private static String cause(String message) {
		String cause = message;
		for (FailureKind kind : FailureKind.values()) {
			int advice = cause.indexOf(kind.advice());
			if (advice > 0) {
				cause = cause.substring(0, advice).strip();
			}
		}
		return ABOUT_THE_EVENT.matcher(cause).replaceAll("");
	}

	/**
	 * Make what others have written fit to be shown.
	 */
	private static String clean(String text) {
		String cleaned = USER_INFO.matcher(AttemptFailure.line(text).replaceAll("\\s+", " "))
			.replaceAll("://***@")
			.strip();
		return (cleaned.length() > MAX_LENGTH) ? cleaned.substring(0, MAX_LENGTH) + "..." : cleaned;
	}

	private static String sentence(String text) {
		return text.endsWith(".") ? text : text + ".";
	}

	private static String time(Instant time) {
		return time.truncatedTo(ChronoUnit.SECONDS).toString();
	}

	/**
	 * What may be wrong. Events are not lost by any of them, except by dead letters that
	 * nobody looks at.
	 */
	public enum Condition {

		/**
		 * The relay sends nothing.
		 */
		PAUSED,

		/**
		 * There is no token, or the API takes none.
		 */
		SIGN_IN_FAILED,

		/**
		 * Too many events wait.
		 */
		BACKLOG,

		/**
		 * An event waits for too long.
		 */
		OLDEST_AGE,

		/**
		 * Too many events were given up.
		 */
		DEAD_LETTERS,

		/**
		 * The outbox cannot be read.
		 */
		OUTBOX_UNAVAILABLE

	}

	/**
	 * One thing that was found.
	 *
	 * @param conditions what is wrong, empty if nothing is
	 * @param text the finding in sentences
	 */
	public record Finding(Set<Condition> conditions, String text) {

		/**
		 * Create an instance.
		 * @param conditions what is wrong
		 * @param text the finding in sentences
		 */
		public Finding {
			conditions = Set.copyOf(conditions);
		}

	}

	/**
	 * The last failure of an event.
	 *
	 * @param kind what kind of failure
	 * @param at when
	 * @param message what happened
	 */
	public record LastFailure(FailureKind kind, Instant at, String message) {

	}

	/**
	 * From where on it is too much.
	 *
	 * @param backlog the number of events that wait
	 * @param oldestAge the time for which an event waits
	 * @param deadLetters the number of dead letters
	 */
	public record Limits(long backlog, Duration oldestAge, long deadLetters) {

	}

	/**
	 * What is known.
	 *
	 * @param enabled whether events are sent
	 * @param tokenProvider what signs in, or {@code null} if the application has a client
	 * of its own
	 * @param properties whether address and credentials are those of properties, and not
	 * of another {@code HopperConnectionDetails} bean
	 */
	public record Facts(boolean enabled, @Nullable BearerTokenProvider tokenProvider, boolean properties) {

		private String token() {
			return name("hopper.auth.token", "getToken");
		}

		private String clientId() {
			return name("hopper.auth.client-id", "getClientId");
		}

		private String clientSecret() {
			return name("hopper.auth.client-secret", "getClientSecret");
		}

		private String tokenUri() {
			return name("hopper.auth.token-uri", "getTokenUri");
		}

		private String baseUrl() {
			return name("hopper.base-url", "getBaseUrl");
		}

		private String name(String property, String method) {
			return this.properties ? property : "HopperConnectionDetails." + method + "()";
		}

		private String ownProvider() {
			BearerTokenProvider provider = this.tokenProvider;
			if (provider == null) {
				return "how the application itself signs in";
			}
			String name = provider.getClass().getSimpleName();
			return "the application's BearerTokenProvider"
					+ ((provider.getClass().isHidden() || name.isEmpty() || name.contains("$")) ? ""
							: " (" + name + ")");
		}

	}

}
