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

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.stream.Stream;

import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.outbox.EventOutboxState.Pause;
import com.hopper.hts.events.outbox.EventOutboxState.PauseReason;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the sentences of {@link HopperDiagnosis}.
 */
class HopperDiagnosisTests {

	private static final Instant SINCE = Instant.parse("2026-11-26T14:02:07.123456Z");

	private static final Instant NOW = SINCE.plusSeconds(60);

	private static final HopperDiagnosis.Limits LIMITS = new HopperDiagnosis.Limits(3, Duration.ofMinutes(15), 2);

	private static final String GIVEN = "given";

	private static final String CLIENT = "client";

	private static final String OWN = "own";

	private static final String NONE = "none";

	static Stream<Arguments> causes() {
		return Stream.of(Arguments.of(PauseReason.SIGN_IN_FAILED, GIVEN, List.of("hopper.auth.token")),
				Arguments.of(PauseReason.SIGN_IN_FAILED, CLIENT,
						List.of("hopper.auth.client-id", "hopper.auth.client-secret", "hopper.auth.token-uri")),
				Arguments.of(PauseReason.SIGN_IN_FAILED, OWN, List.of("BearerTokenProvider (Vault)")),
				Arguments.of(PauseReason.SIGN_IN_FAILED, NONE, List.of("the application itself signs in")),
				Arguments.of(PauseReason.UNAUTHORIZED, GIVEN, List.of("hopper.auth.token", "hopper.base-url")),
				Arguments.of(PauseReason.UNAUTHORIZED, CLIENT,
						List.of("hopper.auth.client-id", "ask Hopper", "hopper.base-url", "hopper.auth.audience")),
				Arguments.of(PauseReason.UNAUTHORIZED, OWN, List.of("BearerTokenProvider (Vault)", "hopper.base-url")),
				Arguments.of(PauseReason.UNAUTHORIZED, NONE, List.of("the application itself signs in")),
				Arguments.of(PauseReason.FORBIDDEN, GIVEN, List.of("Ask Hopper", "permit")),
				Arguments.of(PauseReason.NOT_FOUND, GIVEN, List.of("hopper.base-url", "hopper.client.proxy.*")),
				Arguments.of(PauseReason.CONNECTION_FAILED, GIVEN, List.of("hopper.base-url", "hopper.client.*")),
				Arguments.of(PauseReason.RATE_LIMITED, GIVEN,
						List.of("Nothing has to be changed", "hopper.outbox.concurrency", "ask Hopper")),
				Arguments.of(PauseReason.API_UNAVAILABLE, GIVEN, List.of("Nothing has to be changed", "ask Hopper")),
				Arguments.of(PauseReason.OPERATOR, GIVEN, List.of("an operator", "hopperevents")));
	}

	@ParameterizedTest
	@MethodSource("causes")
	void pauseNamesThePropertyOrThePersonThatMendsIt(PauseReason reason, String credentials, List<String> names) {
		String text = diagnosis(credentials).describe(pause(reason, "something happened"));
		assertThat(text).startsWith("Paused ")
			.contains("since 2026-11-26T14:02:07Z: ")
			.contains("something happened.")
			.contains(names)
			.endsWith(".");
	}

	@ParameterizedTest
	@EnumSource(PauseReason.class)
	void everyReasonIsDiagnosed(PauseReason reason) {
		assertThat(causes().map((arguments) -> arguments.get()[0])).contains(reason);
	}

	@ParameterizedTest
	@EnumSource(FailureKind.class)
	void generalAdviceOfAFailureIsReplaced(FailureKind kind) {
		String text = diagnosis(GIVEN).describe(pause(PauseReason.UNAUTHORIZED,
				"The booking_confirmed event was not delivered: it failed, after 1 attempt. " + kind.advice()));
		assertThat(text).isEqualTo("Paused since 2026-11-26T14:02:07Z: it failed. hopper.auth.token "
				+ "has never been accepted since the application was started or it was set: check that it has not "
				+ "expired and was issued for the API at hopper.base-url.");
	}

	@Test
	void timeoutNamesTheTime() {
		assertThat(diagnosis(GIVEN)
			.describe(pause(PauseReason.API_UNAVAILABLE, "no answer. " + FailureKind.TIMEOUT.advice())))
			.contains("hopper.client.response-timeout");
	}

	@ParameterizedTest
	@EnumSource(PauseReason.class)
	void methodsOfOtherConnectionDetailsAreNamed(PauseReason reason) {
		for (String credentials : List.of(GIVEN, CLIENT)) {
			HopperDiagnosis.Facts facts = new HopperDiagnosis.Facts(true, provider(credentials), false);
			assertThat(new HopperDiagnosis(() -> facts).describe(pause(reason, "x"))).doesNotContain("hopper.base-url",
					"hopper.auth.token", "hopper.auth.client");
		}
	}

	@Test
	void refusedCredentialsThatWereNeverGoodAreNotRotated() {
		assertThat(diagnosis(CLIENT).describe(pause(PauseReason.SIGN_IN_FAILED, "http://x/auth answered 401")))
			.endsWith("hopper.auth.client-secret has never been accepted since the application was started or it was "
					+ "set: check it and hopper.auth.client-id.");
	}

	@Test
	void nothingSecretIsRepeated() {
		assertThat(diagnosis(GIVEN)
			.describe(pause(PauseReason.API_UNAVAILABLE, "http://user:canary@host/x\nfailed " + "long ".repeat(500))))
			.contains("http://***@host/x failed")
			.doesNotContain("canary", "\n")
			.hasSizeLessThan(1000);
		assertThat(diagnosis(GIVEN).examine(null, null, LIMITS, NOW).toString()).doesNotContain("canary");
	}

	@Test
	void textIsTheSameInEveryLocaleAndZone() {
		Locale locale = Locale.getDefault();
		TimeZone zone = TimeZone.getDefault();
		EventOutboxState state = state(5000, 7000, SINCE.minusSeconds(7200), pause(PauseReason.FORBIDDEN, "x"));
		List<HopperDiagnosis.Finding> expected = diagnosis(GIVEN).examine(state, null, LIMITS, NOW);
		try {
			Locale.setDefault(Locale.forLanguageTag("ar-SA-u-nu-arab"));
			TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kolkata"));
			assertThat(diagnosis(GIVEN).examine(state, null, LIMITS, NOW)).isEqualTo(expected);
		}
		finally {
			Locale.setDefault(locale);
			TimeZone.setDefault(zone);
		}
		assertThat(expected).extracting(HopperDiagnosis.Finding::text)
			.anySatisfy((text) -> assertThat(text).startsWith("5000 events wait"))
			.anySatisfy((text) -> assertThat(text).startsWith("7000 events were given up (booking_confirmed: 7000)"));
	}

	@Test
	void offIsSaidAndNothingElse() {
		HopperDiagnosis.Facts facts = new HopperDiagnosis.Facts(false, provider(GIVEN), true);
		List<HopperDiagnosis.Finding> findings = new HopperDiagnosis(() -> facts)
			.examine(state(9, 9, SINCE.minusSeconds(9000), null), null, LIMITS, NOW);
		assertThat(findings).singleElement().satisfies((finding) -> {
			assertThat(finding.text()).contains("hopper.enabled is false");
			assertThat(finding.conditions()).isEmpty();
		});
	}

	@Test
	void limitsAreConditions() {
		assertThat(conditions(state(2, 1, SINCE, null))).isEmpty();
		assertThat(conditions(state(3, 0, SINCE, null))).containsExactly(HopperDiagnosis.Condition.BACKLOG);
		assertThat(conditions(state(1, 0, NOW.minus(Duration.ofMinutes(15)), null))).isEmpty();
		assertThat(conditions(state(1, 0, NOW.minus(Duration.ofMinutes(15)).minusMillis(1), null)))
			.containsExactly(HopperDiagnosis.Condition.OLDEST_AGE);
		assertThat(conditions(state(0, 2, null, null))).containsExactly(HopperDiagnosis.Condition.DEAD_LETTERS);
		assertThat(conditions(state(0, 0, null, pause(PauseReason.OPERATOR, "x"))))
			.containsExactly(HopperDiagnosis.Condition.PAUSED);
		assertThat(conditions(state(0, 0, null, pause(PauseReason.UNAUTHORIZED, "x"))))
			.containsExactlyInAnyOrder(HopperDiagnosis.Condition.PAUSED, HopperDiagnosis.Condition.SIGN_IN_FAILED);
	}

	@Test
	void nothingWrongIsSaidFirst() {
		assertThat(diagnosis(GIVEN).examine(state(2, 1, SINCE, null), null, LIMITS, NOW))
			.extracting(HopperDiagnosis.Finding::text)
			.satisfiesExactly((first) -> assertThat(first).isEqualTo(
					"Nothing is known to be wrong: nothing has been sent so far, 2 wait since 2026-11-26T14:02:07Z."),
					(second) -> assertThat(second).startsWith("1 event was given up (booking_confirmed: 1)."));
	}

	@Test
	void relayThatDoesNotRunIsSaid() {
		EventOutboxState stopped = new EventOutboxState(Map.of("booking_confirmed", 2L), Map.of(), SINCE, false, 0,
				null);
		assertThat(diagnosis(GIVEN).examine(stopped, null, LIMITS, NOW)).singleElement()
			.satisfies((finding) -> assertThat(finding.text())
				.isEqualTo("This instance delivers nothing: its relay has not been started, or was stopped, "
						+ "2 wait since 2026-11-26T14:02:07Z."));
	}

	@ParameterizedTest
	@EnumSource(FailureKind.class)
	void lastFailureIsSaidInsteadOfThatEventsAreFlowing(FailureKind kind) {
		HopperDiagnosis.LastFailure failure = new HopperDiagnosis.LastFailure(kind, SINCE,
				"The booking_confirmed event was not delivered: it failed, after 4 attempts. " + kind.advice());
		assertThat(diagnosis(GIVEN).examine(null, failure, LIMITS, NOW)).singleElement().satisfies((finding) -> {
			assertThat(finding.conditions()).isEmpty();
			assertThat(finding.text()).isEqualTo(
					"The last attempt to send an event failed at 2026-11-26T14:02:07Z: it failed. " + kind.advice());
		});
	}

	@Test
	void outboxIsNotNeeded() {
		for (String credentials : List.of(GIVEN, CLIENT, OWN, NONE)) {
			assertThat(diagnosis(credentials).examine(null, null, LIMITS, NOW)).singleElement()
				.satisfies((finding) -> assertThat(finding.text()).startsWith("Nothing is known to be wrong"));
		}
	}

	private List<HopperDiagnosis.Condition> conditions(EventOutboxState state) {
		return diagnosis(GIVEN).examine(state, null, LIMITS, NOW)
			.stream()
			.flatMap((finding) -> finding.conditions().stream())
			.toList();
	}

	private static EventOutboxState state(long pending, long dead, @Nullable Instant oldest, @Nullable Pause pause) {
		return new EventOutboxState((pending > 0) ? Map.of("offers_displayed", pending) : Map.of(),
				(dead > 0) ? Map.of("booking_confirmed", dead) : Map.of(), oldest, true, 0, pause);
	}

	private static Pause pause(PauseReason reason, String message) {
		return new Pause(reason, SINCE, message, SINCE.plusSeconds(30));
	}

	private static HopperDiagnosis diagnosis(String credentials) {
		HopperDiagnosis.Facts facts = new HopperDiagnosis.Facts(true, provider(credentials), true);
		return new HopperDiagnosis(() -> facts);
	}

	private static @Nullable BearerTokenProvider provider(String credentials) {
		return switch (credentials) {
			case GIVEN -> rotating("canary");
			case CLIENT -> rotating(null);
			case OWN -> new Vault();
			default -> null;
		};
	}

	private static RotatingTokenProvider rotating(@Nullable String token) {
		return new RotatingTokenProvider(() -> token, List::of,
				() -> new RotatingTokenProvider.Credentials(URI.create("http://localhost/auth"), "id", "canary", null),
				WebClient::create, Duration.ofSeconds(1), (failure) -> {
				}, Schedulers.parallel());
	}

	private static final class Vault implements BearerTokenProvider {

		@Override
		public Mono<String> getToken() {
			return Mono.just("canary");
		}

	}

}
