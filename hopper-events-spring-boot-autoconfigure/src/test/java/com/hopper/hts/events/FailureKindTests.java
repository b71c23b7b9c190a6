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

import java.util.List;
import java.util.stream.Stream;

import com.hopper.hts.events.FailureKind.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FailureKind}.
 */
class FailureKindTests {

	@ParameterizedTest
	@CsvSource({ "200, UNEXPECTED_RESPONSE", "302, UNEXPECTED_RESPONSE", "400, REJECTED", "401, UNAUTHORIZED",
			"403, FORBIDDEN", "404, NOT_FOUND", "405, UNEXPECTED_RESPONSE", "408, TIMEOUT", "413, TOO_LARGE",
			"418, UNEXPECTED_RESPONSE", "422, REJECTED", "429, RATE_LIMITED", "500, SERVER_ERROR",
			"501, OTHER_SERVER_ERROR", "502, SERVER_ERROR", "503, SERVER_ERROR", "504, SERVER_ERROR",
			"511, OTHER_SERVER_ERROR", "599, OTHER_SERVER_ERROR" })
	void statusHasOneMeaning(int status, FailureKind expected) {
		assertThat(FailureKind.ofStatus(HttpStatusCode.valueOf(status))).isEqualTo(expected);
	}

	@ParameterizedTest
	@EnumSource
	void whatIsRetriedMayPass(FailureKind kind) {
		assertThat(!kind.isRetried() || kind.isTransient()).isTrue();
		assertThat(kind.tag()).matches("[a-z_]+");
		assertThat(kind.advice()).endsWith(".");
		assertThat(kind.isTransient())
			.isEqualTo(kind.fault() == Fault.API || kind.fault() == Fault.LOAD || kind == FailureKind.SIGN_IN_FAILED);
	}

	@Test
	void networkTimeAndOverloadAreRetried() {
		assertThat(Stream.of(FailureKind.values()).filter(FailureKind::isRetried)).containsExactlyInAnyOrder(
				FailureKind.SIGN_IN_FAILED, FailureKind.RATE_LIMITED, FailureKind.SERVER_ERROR, FailureKind.TIMEOUT,
				FailureKind.CONNECTION_FAILED, FailureKind.OVERLOADED);
	}

	@Test
	void exceptionsKnowTheirKind() {
		HopperApiException.Details details = HopperApiException.Details.of("test");
		HopperApiException.Details tooLarge = details.withResponse(HttpStatusCode.valueOf(413), HttpHeaders.EMPTY);
		assertThat(new HopperApiException.Rejected(details, List.of()).getKind()).isEqualTo(FailureKind.REJECTED);
		assertThat(new HopperApiException.Rejected(tooLarge, List.of()).getKind()).isEqualTo(FailureKind.TOO_LARGE);
		assertThat(new HopperApiException.ServerError(details).getKind()).isEqualTo(FailureKind.SERVER_ERROR);
		assertThat(
				new HopperApiException.ServerError(details.withResponse(HttpStatusCode.valueOf(501), HttpHeaders.EMPTY))
					.getKind())
			.isEqualTo(FailureKind.OTHER_SERVER_ERROR);
		assertThat(new HopperApiException.ConnectionFailed(details, true).isTransient()).isTrue();
		assertThat(new HopperApiException.ConnectionFailed(details, false).getKind())
			.isEqualTo(FailureKind.UNREACHABLE);
		assertThat(new HopperApiException.SignInFailed(details, false).getKind())
			.isEqualTo(FailureKind.SIGN_IN_REFUSED);
	}

}
