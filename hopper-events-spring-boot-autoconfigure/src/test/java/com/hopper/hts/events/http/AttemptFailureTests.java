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
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.stream.Stream;

import com.hopper.hts.events.FailureKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AttemptFailure}.
 */
class AttemptFailureTests {

	private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-05-04T10:15:30Z"), ZoneOffset.UTC);

	private static final URI EVENTS = URI.create("https://api.example/events");

	static Stream<Throwable> unresolvedNames() {
		return Stream.of(new UnknownHostException("api.example"), new UnresolvedAddressException(),
				ProxyFailure.name(new UnresolvedAddressException(), "proxy.example:8080"));
	}

	@ParameterizedTest
	@MethodSource("unresolvedNames")
	void nameThatWasNeverResolvedIsAMistakeInTheConfiguration(Throwable failure) {
		assertThat(AttemptFailure.of(failure, EVENTS, false, false).kind()).isEqualTo(FailureKind.UNREACHABLE);
	}

	@ParameterizedTest
	@MethodSource("unresolvedNames")
	void nameThatWasResolvedBeforeMayBeResolvedAgain(Throwable failure) {
		assertThat(AttemptFailure.of(failure, EVENTS, true, false).kind()).isEqualTo(FailureKind.CONNECTION_FAILED);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			0                              | PT0S
			120                            | PT2M
			 7                             | PT7S
			0000000000007                  | PT7S
			31535999                       | PT8759H59M59S
			31536001                       | PT8760H
			999999999                      | PT8760H
			99999999999999999999           | PT8760H
			Mon, 4 May 2026 10:16:00 GMT   | PT30S
			Mon, 4 May 2026 10:15:30 GMT   | PT0S
			Mon, 4 May 2026 10:15:00 GMT   | PT0S
			Fri, 31 Dec 9999 23:59:59 GMT  | PT8760H
			Monday, 04-May-26 10:16:00 GMT |
			-1                             |
			1.5                            |
			soon                           |
			""")
	void retryAfterIsAYearAtTheMost(String text, Duration expected) {
		HttpHeaders headers = new HttpHeaders();
		headers.set("Retry-After", text);
		assertThat(AttemptFailure.retryAfter(headers, CLOCK)).isEqualTo(expected);
	}

	@Test
	void withoutRetryAfterThereIsNoTimeToWait() {
		assertThat(AttemptFailure.retryAfter(new HttpHeaders(), CLOCK)).isNull();
	}

	@Test
	void textOfOthersBecomesOneLineOfVisibleCharacters() {
		assertThat(AttemptFailure.line(" a\r\n\tb\u0085c\u2028d\u202ee\ud800 \u00e9\ud83d\ude00\u009b "))
			.isEqualTo("a b c d e  \u00e9\ud83d\ude00");
	}

	@Test
	void longTextIsCutBetweenCharacters() {
		assertThat(AttemptFailure.shorten("abc", 3)).isEqualTo("abc");
		assertThat(AttemptFailure.shorten("abcd", 3)).isEqualTo("abc...");
		assertThat(AttemptFailure.shorten("ab\ud83d\ude00d", 3)).isEqualTo("ab...");
	}

}
