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

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.test.FakeHopperApi;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.aspectj.lang.annotation.Aspect;
import org.aspectj.lang.annotation.Before;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The outbox in the company of aspects and mocks.
 */
@SpringBootTest(properties = "hopper.auth.token=t", webEnvironment = WebEnvironment.NONE)
class OutboxInCompanyTests {

	@MockitoBean
	private EventOutbox outbox;

	@Autowired
	private MeterRegistry meters;

	@Test
	void mockOfTheOutboxLeavesTheGaugesOut() {
		assertThat(this.meters.find("hopper.outbox.pending").gauges()).isEmpty();
		assertThat(this.outbox).isNotNull();
	}

	@Test
	void aspectSeesWhatIsStored() {
		try (FakeHopperApi api = FakeHopperApi.builder().token("token").start()) {
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class,
						HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class))
				.withBean(Counting.class)
				.withPropertyValues("hopper.base-url=" + api.baseUrl(), "hopper.auth.token=token")
				.run((context) -> {
					EventOutbox advised = context.getBean(EventOutbox.class);
					advised.store("session-1", OffersDisplayed.occurredAt(Instant.EPOCH));
					assertThat(advised.flush(Duration.ofSeconds(10))).isTrue();
					assertThat(context.getBean(Counting.class).stored).hasValue(1);
					assertThat(api.received()).hasSize(1);
				});
		}
	}

	@Aspect
	static class Counting {

		final AtomicInteger stored = new AtomicInteger();

		@Before("execution(* com.hopper.hts.events.EventOutbox.store*(..))")
		void count() {
			this.stored.incrementAndGet();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class })
	static class Application {

		@Bean
		SimpleMeterRegistry meterRegistry() {
			return new SimpleMeterRegistry();
		}

	}

}
