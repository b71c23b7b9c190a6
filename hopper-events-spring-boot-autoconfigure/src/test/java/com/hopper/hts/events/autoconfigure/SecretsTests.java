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
package com.hopper.hts.events.autoconfigure;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Instant;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No secret ever reaches a log.
 */
@ExtendWith(OutputCaptureExtension.class)
class SecretsTests {

	private static final String SESSION = "canary-session-0815-with-a-long-name";

	private static final BookingConfirmed BOOKING = BookingConfirmed.occurredAt(Instant.EPOCH)
		.withCfarContractId("canary-contract")
		.withDgContractId("canary-dg")
		.withCfarOfferIds("canary-offer")
		.withBookingReference("cfar", "canary-pnr");

	private static final CustomEvent CUSTOM = CustomEvent.occurredAt("seat_selected", Instant.EPOCH)
		.withAttribute("email", "canary@example.com");

	@Test
	void tokenPayloadAndSessionIdAreNeverLogged(CapturedOutput output) throws Exception {
		LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
		try (ScriptedServer server = new ScriptedServer()) {
			logging.setLogLevel("com.hopper.hts", LogLevel.TRACE);
			new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
				.withPropertyValues("hopper.auth.token=canary-token", "hopper.base-url=" + server.baseUrl(),
						"hopper.headers.X-Key=canary-header", "hopper.retry.initial-interval=1ms",
						"hopper.retry.max-attempts=2", "hopper.client.response-timeout=300ms")
				.run((context) -> {
					EventPublisher publisher = context.getBean(EventPublisher.class);
					for (int status : new int[] { 200, 302, 400, 401, 403, 404, 413, 422, 429, 500, 503 }) {
						for (HopperEvent event : new HopperEvent[] { BOOKING, CUSTOM }) {
							String echo = "canary-token " + SESSION + ((event == BOOKING)
									? " canary-contract canary-dg canary-offer canary-pnr" : " canary@example.com");
							String json = "{\"errors\":[{\"message\":\"" + echo + "\",\"code\":\"" + echo
									+ "\",\"messages\":{\"" + echo + "\":\"" + echo + "\"}}]}";
							for (String body : new String[] { echo, json }) {
								server.thenAnswer(ScriptedServer.response(status, body))
									.thenAnswer(ScriptedServer.response(status, body));
								publishAndLog(publisher, event, SESSION);
								// Whatever the status left of the script
								publishAndLog(publisher, event, SESSION);
							}
						}
					}
					server.then(ScriptedServer.Exchange::reset).then(ScriptedServer.Exchange::hang);
					publishAndLog(publisher, BOOKING, SESSION);
					publishAndLog(publisher, BOOKING, SESSION + "\n");
					publishAndLog(publisher, BOOKING.withCfarContractId("canary\uD800"), SESSION);
					publishAndLog(publisher, CUSTOM.withAttribute("a", new StringBuilder("canary")), SESSION);
				});
			new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
				.withPropertyValues("hopper.auth.token=canary-token", "hopper.base-url=" + nobody(),
						"hopper.retry.initial-interval=1ms")
				.run((context) -> publishAndLog(context.getBean(EventPublisher.class), BOOKING, SESSION));
		}
		finally {
			logging.setLogLevel("com.hopper.hts", null);
		}
		assertThat(output.getAll()).contains("ApiCall", "Sent the", "Attempt 1 to send", "was not delivered");
		assertThat(output.getAll().lines().filter((line) -> line.contains("canary"))).isEmpty();
	}

	private static void publishAndLog(EventPublisher publisher, HopperEvent event, String sessionId) {
		try {
			publisher.publishAndWait(sessionId, event);
		}
		catch (HopperApiException ex) {
			LoggerFactory.getLogger("application").warn("Failed: " + ex.getMaskedSessionId(), ex);
		}
	}

	private static String nobody() throws IOException {
		try (ServerSocket socket = new ServerSocket(0)) {
			return "http://127.0.0.1:" + socket.getLocalPort();
		}
	}

}
