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
package com.example.booking;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedEvent;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the jar as a batch job does: it ends by itself, and not before what it has stored
 * is delivered.
 */
class BookingApplicationIT {

	@Test
	void jarDeliversWhatItStoresOnceAndEnds() throws Exception {
		try (FakeHopperApi hopper = FakeHopperApi.builder().token("token").start()) {
			ProcessBuilder java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
					"-jar", "target/command-line-1.0.0.jar", "--hopper.base-url=" + hopper.baseUrl(),
					"--hopper.auth.token=token", "--hopper.client.response-timeout=1m",
					"--hopper.client.read-timeout=1m", "--hopper.outbox.shutdown-timeout=1m");
			Process process = java.redirectErrorStream(true).redirectOutput(new File("target/jar.log")).start();
			try {
				assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
			}
			finally {
				process.destroyForcibly();
			}
			assertThat(process.exitValue()).isZero();
			List<ReceivedEvent> received = hopper.received();
			assertThat(received.get(0).event().type()).isEqualTo("offers_displayed");
			assertThat(received.subList(1, received.size())).extracting(ReceivedEvent::event)
				.extracting(BookingApplicationIT::contractId)
				.containsExactlyInAnyOrderElementsOf(IntStream.range(0, 100).mapToObj((i) -> "contract-" + i).toList());
		}
	}

	private static String contractId(HopperEvent event) {
		return ((BookingConfirmed) event).cfarContractId();
	}

}
