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
import java.util.stream.Stream;

import com.hopper.hts.events.FailureKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AttemptFailure}.
 */
class AttemptFailureTests {

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

}
