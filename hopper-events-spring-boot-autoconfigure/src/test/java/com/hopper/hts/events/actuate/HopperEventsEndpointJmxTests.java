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
package com.hopper.hts.events.actuate;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import javax.management.MBeanException;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanParameterInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEventRepository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the {@link HopperEventsEndpoint} over JMX.
 */
class HopperEventsEndpointJmxTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final String SESSION = "session-of-a-customer-0815";

	private static final String JMX = "spring.jmx.enabled=true";

	private static final String EXPOSED = "management.endpoints.jmx.exposure.include=hopperevents";

	private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

	private final String domain = "hopper-" + UUID.randomUUID();

	@AutoClose
	private final FakeHopperApi api = FakeHopperApi.builder().token("canary-token").start();

	@Test
	void operatorSeesAndReplays() throws Exception {
		try (OperatedApplication application = start(OperatedApplications.WRITABLE)) {
			UUID id = dead(application);
			Map<?, ?> overview = (Map<?, ?>) invoke("overview", Map.of());
			assertThat(overview.get("state")).isEqualTo("FLOWING");
			Map<?, ?> page = (Map<?, ?>) invoke("deadLetters", Map.of("type", "offers_displayed", "size", "10"));
			assertThat((List<?>) page.get("letters")).hasSize(1);
			Map<?, ?> letter = (Map<?, ?>) invoke("deadLetter", Map.of("id", id.toString()));
			assertThat(letter.toString()).contains("REJECTED", "sess***").doesNotContain(SESSION, "payload={");
			assertThat(((Map<?, ?>) invoke("delivered", Map.of())).get("events")).isEqualTo(List.of());
			Map<?, ?> replayed = (Map<?, ?>) invoke("replay", Map.of("id", id.toString()));
			assertThat(replayed.get("count")).hasToString("1");
			assertThat(application.bean(EventOutbox.class).flush(TIMEOUT)).isTrue();
			assertThat(this.api.received()).hasSize(1);
			assertThat(((Map<?, ?>) invoke("pause", Map.of("comment", "why"))).get("paused")).isEqualTo(true);
			assertThat(((Map<?, ?>) invoke("resume", Map.of())).get("paused")).isEqualTo(false);
			assertThat(application.bean(AuditEventRepository.class).find("JMX", null, null)).hasSize(3);
		}
	}

	@Test
	void payloadIsShownIfThatIsWanted() throws Exception {
		try (OperatedApplication application = start("hopper.outbox.show-payload=true")) {
			UUID id = dead(application);
			assertThat(invoke("deadLetter", Map.of("id", id.toString())).toString()).contains(SESSION,
					"type=offers_displayed");
		}
	}

	@Test
	void mistakesAreExplained() throws Exception {
		try (OperatedApplication application = start(OperatedApplications.WRITABLE)) {
			dead(application);
			assertThatExceptionOfType(MBeanException.class).isThrownBy(() -> invoke("discard", Map.of("all", "true")))
				.withMessageContaining("'comment' is missing");
			assertThatExceptionOfType(MBeanException.class).isThrownBy(() -> invoke("deadLetters", Map.of("size", "0")))
				.withMessageContaining("from 1 to 500");
			assertThat((List<?>) ((Map<?, ?>) invoke("deadLetters", Map.of())).get("letters")).hasSize(1);
			Map<?, ?> discarded = (Map<?, ?>) invoke("discard", Map.of("all", "true", "comment", "test"));
			assertThat(discarded.get("count")).hasToString("1");
		}
	}

	@Test
	void nothingCanBeChangedUnlessThatIsAllowed() throws Exception {
		try (OperatedApplication application = start()) {
			assertThat(application.get("").status()).isEqualTo(200);
			assertThat(this.server.getMBeanInfo(name()).getOperations()).extracting(MBeanOperationInfo::getName)
				.containsExactlyInAnyOrder("overview", "diagnosis", "deadLetters", "deadLetter", "delivered");
		}
	}

	private OperatedApplication start(String... properties) {
		String[] all = Arrays.copyOf(properties, properties.length + 3);
		all[properties.length] = JMX;
		all[properties.length + 1] = EXPOSED;
		all[properties.length + 2] = "management.endpoints.jmx.domain=" + this.domain;
		return OperatedApplication.start(WebApplicationType.SERVLET, this.api, all);
	}

	private UUID dead(OperatedApplication application) {
		this.api.failNext(1, Fault.status(422));
		UUID id = application.bean(EventOutbox.class).store(SESSION, OffersDisplayed.occurredAt(Instant.EPOCH));
		assertThat(application.bean(EventOutbox.class).flush(TIMEOUT)).isTrue();
		return id;
	}

	private ObjectName name() {
		return this.server.queryNames(null, null)
			.stream()
			.filter((name) -> name.getDomain().equals(this.domain)
					&& "Hopperevents".equals(name.getKeyProperty("name")))
			.findFirst()
			.orElseThrow();
	}

	private Object invoke(String operation, Map<String, String> arguments) throws Exception {
		MBeanParameterInfo[] parameters = Arrays.stream(this.server.getMBeanInfo(name()).getOperations())
			.filter((candidate) -> candidate.getName().equals(operation))
			.findFirst()
			.orElseThrow()
			.getSignature();
		Object[] values = Arrays.stream(parameters).map((parameter) -> arguments.get(parameter.getName())).toArray();
		String[] types = Arrays.stream(parameters).map(MBeanParameterInfo::getType).toArray(String[]::new);
		return this.server.invoke(name(), operation, values, types);
	}

}
